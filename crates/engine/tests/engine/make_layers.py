"""Writes layers.safetensors: every block's outputs and gradients, by PyTorch.

    pip install torch numpy safetensors
    python crates/engine/tests/engine/make_layers.py

For each block: `NAME.input`, its parameters, `NAME.upstream` (the gradient of its output),
`NAME.inference`, `NAME.output` (batch statistics, no dropout), `NAME.grad.*` (of the input and of
each parameter), and `NAME.after.*` (running statistics afterwards). Layouts are Keras': NHWC,
kernels (height, width, in, out).
"""

import pathlib

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

torch.manual_seed(7)
torch.set_num_threads(1)
tensors = {}


def conv(x, kernel, bias, stride):
    """3x3, Keras' "same" padding."""
    side = x.shape[1]
    out = -(-side // stride)
    total = (out - 1) * stride + 3 - side
    before, after = total // 2, total - total // 2
    x = F.pad(x.permute(0, 3, 1, 2), (before, after, before, after)).contiguous()
    return F.conv2d(x, kernel.permute(3, 2, 0, 1).contiguous(), bias, stride).permute(0, 2, 3, 1)


def norm(x, p, inference):
    mean, variance = p["moving_mean"], p["moving_variance"]
    if not inference:
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2), unbiased=False)
        count = x.numel() // x.shape[-1]
        p["after"] = (
            0.8 * p["moving_mean"] + 0.2 * mean.detach(),
            0.8 * p["moving_variance"] + 0.2 * variance.detach() * count / (count - 1),
        )
    return (x - mean) / torch.sqrt(variance + 1e-3) * p["gamma"] + p["beta"]


def write(name, input_shape, parameters, forward):
    x = torch.randn(input_shape, requires_grad=True)
    p = {}
    for key, shape in parameters.items():
        p[key] = (
            torch.rand(shape) + 0.5
            if key in ("gamma", "moving_variance")
            else torch.randn(shape) * 0.5
        )
        tensors[f"{name}.{key}"] = p[key].clone()
    trained = [key for key in parameters if not key.startswith("moving")]
    for key in trained:
        p[key].requires_grad_(True)
    with torch.no_grad():
        tensors[f"{name}.inference"] = forward(x, p, True)
    output = forward(x, p, False)
    upstream = torch.randn(output.shape)
    gradients = torch.autograd.grad(output, [x] + [p[key] for key in trained], upstream)
    tensors[f"{name}.input"], tensors[f"{name}.upstream"], tensors[f"{name}.output"] = (
        x,
        upstream,
        output,
    )
    for key, gradient in zip(["input"] + trained, gradients):
        tensors[f"{name}.grad.{key}"] = gradient
    if "after" in p:
        tensors[f"{name}.after.moving_mean"], tensors[f"{name}.after.moving_variance"] = p["after"]


def conv_parameters(i, o, with_norm):
    p = {"kernel": (3, 3, i, o), "bias": (o,)}
    if with_norm:
        p |= {key: (o,) for key in ("gamma", "beta", "moving_mean", "moving_variance")}
    return p


def conv_block(stride, frame):
    def forward(x, p, inference):
        x = conv(x, p["kernel"], p["bias"], stride)
        extra = frame - x.shape[1]
        x = F.pad(x, (0, 0, 0, extra, 0, extra))
        if "gamma" in p:
            x = norm(x, p, inference)
        return F.leaky_relu(x, 0.2)

    return forward


def upsample_block(x, p, inference):
    x = x.repeat_interleave(2, 1).repeat_interleave(2, 2)
    return F.relu(norm(conv(x, p["kernel"], p["bias"], 1), p, inference))


def dense(activation, shape=None):
    def forward(x, p, inference):
        y = activation(x.flatten(1) @ p["kernel"] + p["bias"])
        return y if shape is None else y.view(-1, *shape)

    return forward


write("upsample", (3, 3, 3, 4), conv_parameters(4, 5, True), upsample_block)
write("upsample_one_image", (1, 5, 5, 2), conv_parameters(2, 3, True), upsample_block)
write("conv_framed", (3, 6, 6, 3), conv_parameters(3, 4, True), conv_block(2, 4))
write("conv_odd_side", (2, 7, 7, 3), conv_parameters(3, 5, False), conv_block(2, 4))
write("conv_stride_one", (3, 4, 4, 4), conv_parameters(4, 18, True), conv_block(1, 4))
write("conv_grey", (3, 6, 6, 1), conv_parameters(1, 3, False), conv_block(2, 3))
write(
    "to_grey",
    (3, 5, 5, 4),
    conv_parameters(4, 1, False),
    lambda x, p, _: torch.tanh(conv(x, p["kernel"], p["bias"], 1)),
)
write("projection", (3, 5), {"kernel": (5, 12), "bias": (12,)}, dense(F.relu, (2, 2, 3)))
write("dense", (3, 7), {"kernel": (7, 20), "bias": (20,)}, dense(lambda x: F.leaky_relu(x, 0.2)))
write("logit", (3, 2, 2, 3), {"kernel": (12, 1), "bias": (1,)}, dense(lambda x: x))
write("conv_colour", (2, 8, 8, 3), conv_parameters(3, 5, False), conv_block(2, 4))
write("upsample_from_four", (3, 4, 4, 6), conv_parameters(6, 4, True), upsample_block)
write(
    "to_colour",
    (3, 6, 6, 4),
    conv_parameters(4, 3, False),
    lambda x, p, _: torch.tanh(conv(x, p["kernel"], p["bias"], 1)),
)

path = pathlib.Path(__file__).parent / "layers.safetensors"
path.parent.mkdir(exist_ok=True)
save_file({name: tensor.detach().contiguous() for name, tensor in tensors.items()}, path)
print(f"{len(tensors)} tensors, {path.stat().st_size} bytes")
