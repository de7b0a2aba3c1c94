"""A DCGAN in PyTorch that logs to TensorBoard: `gan-tui watch logs` follows it from another terminal.

    pip install torch torchvision tensorboard
    python examples/dcgan_pytorch.py [LOG_FOLDER] [STEPS]
"""
import sys
import torch
from torch import nn
from torch.utils.tensorboard import SummaryWriter

folder, steps = (sys.argv[1:] + ["logs/dcgan"])[0], int((sys.argv[2:] + [2000])[0])
torch.manual_seed(1)

def images(count):  # rings and discs of any size and colour, 3x32x32 in [-1, 1]
    y, x = torch.meshgrid(torch.linspace(-1, 1, 32), torch.linspace(-1, 1, 32), indexing="ij")
    centre, size, inner = (torch.rand(count, 2) - 0.5) * 0.6, torch.rand(count, 1, 1) * 0.4 + 0.3, torch.rand(count, 1, 1)
    distance = ((x - centre[:, :1, None]) ** 2 + (y - centre[:, 1:, None]) ** 2).sqrt()
    ring = torch.sigmoid((size - distance) * 40) * torch.sigmoid((distance - size * inner * 0.8) * 40)
    return ring[:, None] * (torch.rand(count, 3, 1, 1) * 1.5 + 0.5) - 1

def up(a, b): return [nn.ConvTranspose2d(a, b, 4, 2, 1), nn.BatchNorm2d(b), nn.ReLU()]
def down(a, b): return [nn.Conv2d(a, b, 4, 2, 1), nn.LeakyReLU(0.2)]
g = nn.Sequential(nn.ConvTranspose2d(64, 64, 4), nn.ReLU(), *up(64, 32), *up(32, 16), nn.ConvTranspose2d(16, 3, 4, 2, 1), nn.Tanh())
d = nn.Sequential(*down(3, 16), *down(16, 32), *down(32, 64), nn.Flatten(), nn.Linear(64 * 16, 1))
g_optimizer, d_optimizer = (torch.optim.Adam(n.parameters(), 2e-4, (0.5, 0.999)) for n in (g, d))
loss, fixed, log = nn.BCEWithLogitsLoss(), torch.randn(32, 64, 1, 1), SummaryWriter(folder, flush_secs=1)
log.add_text("setup", "DCGAN of the example, Adam 2e-4, batch 32")

for step in range(steps):
    real, fake = images(32), g(torch.randn(32, 64, 1, 1))
    d_loss = loss(d(real), torch.ones(32, 1)) + loss(d(fake.detach()), torch.zeros(32, 1))
    d_optimizer.zero_grad(), d_loss.backward(), d_optimizer.step()
    g_loss = loss(d(fake), torch.ones(32, 1))
    g_optimizer.zero_grad(), g_loss.backward(), g_optimizer.step()
    log.add_scalar("loss/d", d_loss.item(), step), log.add_scalar("loss/g", g_loss.item(), step)
    if step % 50 == 0:
        grid = nn.functional.pad((g(fixed).detach() + 1) / 2, (2, 0, 2, 0)).reshape(4, 8, 3, 34, 34)
        log.add_image("samples", grid.permute(2, 0, 3, 1, 4).reshape(3, 4 * 34, 8 * 34).clamp(0, 1), step)
