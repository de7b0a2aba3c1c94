"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const grouped = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

// The generator. Maps are (height, width, channels), row-major.

/** Half-precision numbers in base64 as an array of single precision. */
function halves(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 2 }, (_, index) => {
    const bits = view.getUint16(2 * index, true);
    const sign = bits >> 15 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

const generator = data.generator && {
  ...data.generator,
  layers: data.generator.layers.map((layer) => ({
    ...layer, kernel: halves(layer.kernel), bias: halves(layer.bias),
  })),
};

/** Rows of `kernel` (in, out) weighted by the inputs, and the row of the class. */
function dense(layer, input, label, latent) {
  const outputs = layer.bias.length, out = Float32Array.from(layer.bias);
  const add = (row, weight) => {
    for (let o = 0, k = row * outputs; o < outputs; o++, k++) out[o] += weight * layer.kernel[k];
  };
  input.forEach((value, row) => add(row, value));
  if (label !== undefined) add(latent + label, 1);
  return out;
}

/** Every tap of `kernel` (size, size, in, out) for every pixel: a transposed convolution of stride
 * `stride` and padding 1, or for stride 1 a convolution, whose taps are mirrored. */
function convolve(layer, input, side, stride) {
  const size = stride === 2 ? 4 : 3, outputs = layer.bias.length;
  const inputs = input.length / (side * side), width = side * stride;
  const out = new Float32Array(width * width * outputs);
  for (let index = 0; index < out.length; index += outputs) out.set(layer.bias, index);
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) {
    const from = (y * side + x) * inputs;
    for (let v = 0; v < size; v++) for (let u = 0; u < size; u++) {
      const row = stride * y + v - 1, column = stride * x + u - 1;
      if (row < 0 || row >= width || column < 0 || column >= width) continue;
      const tap = stride === 2 ? v * 4 + u : (2 - v) * 3 + 2 - u;
      const to = (row * width + column) * outputs;
      let k = tap * inputs * outputs;
      for (let i = 0; i < inputs; i++) {
        const value = input[from + i];
        if (value === 0) { k += outputs; continue; }
        for (let o = 0; o < outputs; o++, k++) out[to + o] += value * layer.kernel[k];
      }
    }
  }
  return out;
}

/** The image of a latent and, if the generator is class-conditional, a label: numbers in [-1, 1]. */
function draw(latent, label) {
  let values = Float32Array.from(latent), side = 0;
  for (const layer of generator.layers) {
    if (layer.operation === "dense") {
      const first = layer === generator.layers[0] && generator.room > 0;
      values = dense(layer, values, first ? label : undefined, generator.latent);
    } else {
      values = convolve(layer, values, side, layer.operation === "upsampled_convolution" ? 2 : 1);
    }
    const slope = layer.slope;
    for (let index = 0; index < values.length; index++) {
      const x = values[index];
      values[index] = slope === null ? Math.tanh(x) : x < 0 ? slope * x : x;
    }
    side = layer.output[0];
  }
  return values;
}

/** The same as bytes. */
function bytes(latent, label) {
  return Uint8ClampedArray.from(draw(latent, label), (x) => Math.round((x + 1) * 127.5));
}

function paint(canvas, latent, label) {
  const [height, width, channels] = generator.image;
  canvas.width = width;
  canvas.height = height;
  const pixels = bytes(latent, label), image = new ImageData(width, height);
  for (let index = 0; index < width * height; index++) {
    for (let c = 0; c < 3; c++) {
      image.data[4 * index + c] = pixels[channels === 1 ? index : 3 * index + c];
    }
    image.data[4 * index + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function normal(count) {
  const one = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  return Float32Array.from({ length: count }, one);
}

/** Another latent as long as this one, at a right angle to it and to `other`. */
function direction(latent, other) {
  const dot = (a, b) => a.reduce((sum, x, index) => sum + x * b[index], 0);
  let found = normal(latent.length);
  for (const of of other ? [latent, other] : [latent]) {
    const share = dot(found, of) / dot(of, of);
    found = found.map((x, index) => x - share * of[index]);
  }
  const length = Math.sqrt(dot(latent, latent) / dot(found, found));
  return found.map((x) => length * x);
}

function live() {
  at("live").hidden = false;
  const picture = at("picture"), row = at("row");
  const conditional = generator.classes.length > 0;
  let label = conditional ? 0 : undefined, latent, axes, position = [0, 0], due = false;
  // On the sphere of this latent: its length says how usual it is.
  const moved = () => {
    const [x, y] = position, angle = Math.hypot(x, y);
    if (angle === 0) return latent;
    const [a, b] = [x / angle, y / angle], [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return latent.map((z, index) => cos * z + sin * (a * axes[0][index] + b * axes[1][index]));
  };
  const show = () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; paint(picture, moved(), label); });
  };
  const wall = () => {
    row.replaceChildren();
    const digits = at("digits").value.replace(/\D/g, "");
    const labels = generator.digits ? [...digits].map(Number) : Array(8).fill(label);
    for (const of of labels) {
      const canvas = document.createElement("canvas");
      paint(canvas, normal(generator.latent), of);
      row.append(canvas);
    }
  };
  const fresh = () => {
    latent = normal(generator.latent);
    const first = direction(latent);
    axes = [first, direction(latent, first)];
    position = [0, 0];
    show();
    wall();
  };
  const move = (x, y) => { position = [position[0] + x, position[1] + y]; show(); };
  picture.addEventListener("pointerdown", (event) => picture.setPointerCapture(event.pointerId));
  picture.addEventListener("pointermove", (event) => {
    if (event.buttons) move(event.movementX / 120, event.movementY / 120);
  });
  const keys = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  picture.addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    move(keys[event.key][0] / 12, keys[event.key][1] / 12);
  });
  at("fresh").addEventListener("click", fresh);
  const buttons = generator.classes.map((name, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.setAttribute("aria-pressed", index === label);
    button.addEventListener("click", () => {
      label = index;
      buttons.forEach((other, place) => other.setAttribute("aria-pressed", place === index));
      show();
      if (!generator.digits) wall();
    });
    return button;
  });
  at("classes").append(...buttons);
  at("number").hidden = !generator.digits;
  at("digits").addEventListener("input", wall);
  fresh();
}

// Figures.

function element(name, attributes, text) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function short(value) {
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A chart of one or two curves over iterations; `floor` is a line across it. */
function chart(into, title, iterations, curves, floor) {
  const [width, height, left, bottom, top] = [360, 200, 42, 20, 8];
  const all = curves.flatMap((curve) => curve.values).concat(floor ?? []).filter(Number.isFinite);
  if (iterations.length === 0 || all.length === 0) return;
  let low = Math.min(...all), high = Math.max(...all);
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const last = iterations[iterations.length - 1] || 1;
  const x = (iteration) => left + (iteration / last) * (width - left - 6);
  const y = (value) => top + ((high - value) / (high - low)) * (height - top - bottom);
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title });
  for (const value of [low, (low + high) / 2, high]) {
    svg.append(element("line", { class: "axis", x1: left, x2: width, y1: y(value), y2: y(value) }));
    const place = { x: left - 5, y: y(value) + 4, "text-anchor": "end" };
    svg.append(element("text", place, short(value)));
  }
  svg.append(element("text", { x: left, y: height - 4 }, "0"));
  svg.append(element("text", { x: width - 2, y: height - 4, "text-anchor": "end" }, grouped(last)));
  if (floor !== undefined) {
    svg.append(element("line", { class: "floor", x1: left, x2: width, y1: y(floor), y2: y(floor) }));
  }
  curves.forEach((curve, number) => {
    const points = curve.values.map((value, index) =>
      Number.isFinite(value) ? `${x(iterations[index]).toFixed(1)},${y(value).toFixed(1)}` : "");
    const shown = points.filter(Boolean), style = `curve c${number}`;
    svg.append(element("polyline", { class: style, points: shown.join(" ") }));
    if (shown.length === 1) {
      // A line through one point is not seen.
      const [cx, cy] = shown[0].split(",");
      svg.append(element("circle", { class: style, cx, cy, r: 2.5 }));
    }
  });
  const figure = document.createElement("figure"), caption = document.createElement("figcaption");
  curves.forEach((curve, number) => {
    const key = document.createElement("span");
    key.className = `key c${number}`;
    key.textContent = curve.label;
    caption.append(key);
  });
  figure.append(svg, caption);
  into.append(figure);
}

function table(into, rows) {
  for (const [name, value] of rows) {
    const row = into.insertRow(), head = document.createElement("th");
    head.scope = "row";
    head.textContent = name;
    row.append(head);
    row.insertCell().textContent = value;
  }
}

function film() {
  if (data.film.length === 0) return;
  at("film").hidden = false;
  const position = at("position");
  position.max = data.film.length - 1;
  const show = () => {
    const frame = data.film[position.value];
    at("frame").src = `data:image/png;base64,${frame.png}`;
    at("frame").alt = `images of the fixed latents after iteration ${frame.iteration}`;
    at("iteration").value = `iteration ${grouped(frame.iteration)}`;
  };
  position.addEventListener("input", show);
  position.value = position.max;
  show();
}

at("name").textContent = data.name;
at("summary").textContent = data.summary;
if (generator) live();
film();
if (data.pairs) {
  at("pairs").hidden = false;
  at("pair").src = `data:image/png;base64,${data.pairs.png}`;
  at("pair").alt = `rows of images generated after iteration ${grouped(data.pairs.iteration)}, ` +
    "each above a row of the training images nearest to them";
}
at("curves").hidden = data.charts.length === 0;
for (const of of data.charts) chart(at("charts"), of.title, data.iterations, of.curves);
if (data.scores.length > 0) {
  at("scores").hidden = false;
  const curves = [{ label: `${data.distance} (lower is better; dashed: real images)`,
    values: data.scores.map((score) => score.distance) }];
  const iterations = data.scores.map((score) => score.iteration);
  const last = data.scores[data.scores.length - 1];
  chart(at("score-chart"), data.distance, iterations, curves, last.floor);
  table(at("score-table"), data.last_score);
}
table(at("facts"), data.facts);
table(at("parameters"), data.parameters);
at("how").textContent = data.how;
at("preset").textContent = data.preset;
