"""Checks that gan-tui reads event files of real programs as TensorBoard does.

    pip install tensorboard tensorboardX torch [tensorflow-cpu]
    python scripts/check_watch.py PATH_OF_GAN_TUI

Writes logs with PyTorch's SummaryWriter, tensorboardX, tf.summary and Keras' TensorBoard callback, as far as they are installed, and compares every number that `gan-tui
compare --out x.csv` reads with those of TensorBoard's EventAccumulator.
"""
import csv, math, os, subprocess, sys, tempfile
import numpy as np

program, root = os.path.abspath(sys.argv[1]), tempfile.mkdtemp()
values = [math.sin(step / 7) * 3 + 1 / (step + 1) for step in range(500)]
image = (np.arange(3 * 40 * 60).reshape(40, 60, 3) % 256).astype(np.uint8)
written = {}

def with_summary_writer(name, writer_class, **more):
    writer = writer_class(os.path.join(root, name), **more)
    for step, value in enumerate(values):
        writer.add_scalar("loss/d", value, step)
        writer.add_scalar("loss/g", -value, step * 3)
    for step in (0, 100):
        writer.add_image("samples", image, step, dataformats="HWC")
    writer.add_text("notes", "some **words**", 1)
    writer.add_histogram("weights", np.random.randn(100), 1)
    writer.close()
    written[name] = ("loss/d", "loss/g")

def torch_writers():
    from torch.utils.tensorboard import SummaryWriter
    with_summary_writer("torch", SummaryWriter)
    # A run that was killed at step 300 and begins again at 200.
    writer = SummaryWriter(os.path.join(root, "torch_again"))
    [writer.add_scalar("loss/d", values[step], step) for step in range(300)]
    writer.close()
    writer = SummaryWriter(os.path.join(root, "torch_again"), purge_step=200)
    [writer.add_scalar("loss/d", 2 * values[step], step) for step in range(200, 500)]
    writer.close()
    # The tensors with plugin data that newer writers write.
    writer = SummaryWriter(os.path.join(root, "torch_new"))
    [writer.add_scalar("loss/d", values[step], step, new_style=True) for step in range(500)]
    writer.close()
    written["torch_again"] = written["torch_new"] = ("loss/d",)

def tensorboardx():
    from tensorboardX import SummaryWriter
    with_summary_writer("tensorboardX", SummaryWriter)

def tensorflow():
    import tensorflow as tf
    writer = tf.summary.create_file_writer(os.path.join(root, "tf"))
    with writer.as_default():
        for step, value in enumerate(values):
            tf.summary.scalar("loss/d", value, step)
            tf.summary.scalar("wide", np.float64(value), step)
        tf.summary.image("samples", image[None] / 255, 100)
        tf.summary.text("notes", "some words", 1)
    writer.close()
    written["tf"] = ("loss/d", "wide")
    model = tf.keras.Sequential([tf.keras.layers.Input((4,)), tf.keras.layers.Dense(1)])
    model.compile("adam", "mse")
    callback = tf.keras.callbacks.TensorBoard(os.path.join(root, "keras"), update_freq=1, histogram_freq=1)
    model.fit(np.random.randn(64, 4), np.random.randn(64), epochs=5, batch_size=8, verbose=0, callbacks=[callback], validation_split=0.2)
    written["keras/train"] = ("epoch_loss", "batch_loss")
    written["keras/validation"] = ("epoch_loss",)

def read_by_tensorboard(folder, tag):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util import tensor_util
    events = EventAccumulator(folder, size_guidance={"scalars": 0, "tensors": 0})
    events.Reload()
    if tag in events.Tags()["scalars"]:
        return {event.step: event.value for event in events.Scalars(tag)}
    return {event.step: float(tensor_util.make_ndarray(event.tensor_proto)) for event in events.Tensors(tag)}

for make in (torch_writers, tensorboardx, tensorflow):
    try:
        make()
    except ImportError as missing:
        print(f"{make.__name__}: left out, {missing.name} is not installed")
table = os.path.join(root, "table.csv")
subprocess.run([program, "compare", root, "--out", table], check=True, stdout=subprocess.DEVNULL)
rows = list(csv.DictReader(open(table)))
failed = 0
for name, tags in written.items():
    for tag in tags:
        ours = {int(row["step"]): float(row[tag]) for row in rows if row["run"] == name and row[tag]}
        theirs = read_by_tensorboard(os.path.join(root, name), tag)
        same = ours.keys() == theirs.keys() and all(abs(ours[s] - theirs[s]) <= 1e-6 * abs(theirs[s]) for s in theirs)
        failed += not same
        print(f"{name} {tag}: {len(theirs)} values {'equal' if same else 'DIFFER'}")
        if not same:
            print("   only ours", sorted(ours.keys() - theirs.keys())[:5], "only theirs", sorted(theirs.keys() - ours.keys())[:5])
print("logs in", root)
sys.exit(failed > 0)
