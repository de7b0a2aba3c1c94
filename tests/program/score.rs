//! The measure of quality: what real images, noise and repetitions score, by the program itself,
//! and that it does not depend on how it is run.

use std::{fs, io::Write as _};

use gan_tui_core::{image::ImageBatch, preset::MNIST_SHAPE};
use gan_tui_data::{Dataset, PIXELS, idx, synthetic};
use gan_tui_engine::{
    model::classifier::FEATURES,
    score::{DigitClassifier, sample_indices},
};
use gan_tui_measures::{
    FeatureMoments,
    full::{self, FeaturesOf, WIDTH},
    pictures::RandomFeatures,
};
use gan_tui_store::export::npy;
use gan_tui_testing::{Sandbox, need, needs};
use serde_json::Value;

/// Runs gan-tui: whether it succeeds, its stdout and its stderr.
pub fn run(sandbox: &Sandbox, words: &[&str]) -> (bool, String, String) {
    let output = sandbox.run(words);
    (
        output.status.success(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// The report of `gan-tui score --json`.
fn score(sandbox: &Sandbox, words: &[&str]) -> Value {
    let (well, said, complaint) = run(sandbox, &[&["score"], words, &["--json"]].concat());
    assert!(well, "{words:?}: {complaint}");
    serde_json::from_str(&said).unwrap()
}

fn distance(report: &Value) -> f64 {
    report["frechet_distance"].as_f64().unwrap()
}

fn write(sandbox: &Sandbox, name: &str, pixels: Vec<u8>) {
    sandbox.write(name, npy::write_images(&ImageBatch::grey(28, 28, pixels)));
}

#[test]
fn the_classifier_reads_mnists_test_images() {
    let mnist = need!(needs::mnist());
    let test = idx::read(&mnist, idx::TEST_IMAGES, idx::TEST_LABELS).unwrap();
    let (judge, _) = DigitClassifier::embedded().unwrap();
    let labels = test.labels.unwrap();
    let right = judge
        .read(&test.pixels)
        .unwrap()
        .digits()
        .zip(&labels)
        .filter(|((digit, _), label)| digit == *label)
        .count();
    assert!(right >= 9_900, "{right} of {} read right", labels.len());
}

#[test]
fn real_images_score_the_floor() {
    let mnist = need!(needs::mnist());
    let sandbox = Sandbox::empty();
    let training = idx::read(&mnist, idx::TRAIN_IMAGES, idx::TRAIN_LABELS).unwrap();
    let real = sample_indices(60_000, 2_000, 0)
        .into_iter()
        .flat_map(|index| &training.pixels[index * PIXELS..][..PIXELS]);
    write(&sandbox, "real.npy", real.copied().collect());
    let report = score(&sandbox, &["real.npy"]);
    let floor = report["floor"].as_f64().unwrap();
    assert!((distance(&report) - floor).abs() < 0.1 * floor, "{report}");
    assert_eq!(report["samples"], 2_000);
    // The same from a folder's test images, with few training images for the floor.
    for name in fs::read_dir(&mnist).unwrap().map(|entry| entry.unwrap().path()) {
        if name.file_name().unwrap().to_str().unwrap().starts_with("t10k") {
            fs::copy(&name, sandbox.join(name.file_name().unwrap())).unwrap();
        }
    }
    let few = 3_000;
    let mut idx: Vec<u8> = [0x803, few, 28, 28].into_iter().flat_map(u32::to_be_bytes).collect();
    idx.extend(&training.pixels[..few as usize * PIXELS]);
    let trained_on = sandbox.join("train-images-idx3-ubyte");
    fs::write(&trained_on, idx).unwrap();
    let same = score(&sandbox, &["real.npy", "--data", "."]);
    assert!(
        (distance(&same) - distance(&report)).abs() < 1e-2 * floor,
        "the shipped statistics are those of the test images: {same}"
    );
    // Without training images, half of the test images are compared with, and the others tell the
    // floor.
    fs::remove_file(trained_on).unwrap();
    let halves = score(&sandbox, &["real.npy", "--data", "."]);
    assert!(halves["floor"].as_f64().unwrap() > 0.0 && distance(&halves) < 3.0 * floor, "{halves}");
}

#[test]
fn every_measure_finds_copies_of_training_images() {
    let sandbox = Sandbox::empty();
    let digits = |seed| synthetic::dataset(seed, 300, &mut |_| {}).images(&mut (0..300)).pixels;
    let idx = |pixels: &[u8]| -> Vec<u8> {
        let header = [0x803u32, 300, 28, 28].into_iter().flat_map(u32::to_be_bytes);
        header.chain(pixels.iter().copied()).collect()
    };
    let learned = digits(1);
    sandbox.write("data/train-images-idx3-ubyte", idx(&learned));
    sandbox.write("data/t10k-images-idx3-ubyte", idx(&digits(2)));
    // Half of the samples are training images, from the last to the first.
    let copies = learned.chunks(PIXELS).rev().take(150).flatten();
    let others = digits(3).into_iter().take(150 * PIXELS);
    write(&sandbox, "samples.npy", copies.copied().chain(others).collect());
    let report = score(&sandbox, &["samples.npy", "--data", "data", "--full"]);
    let number = |place: &str| report.pointer(place).and_then(Value::as_f64).unwrap();
    assert!(number("/memorisation/copies") > 0.4, "{report}");
    for pair in report["memorisation"]["pairs"].as_array().unwrap() {
        let (sample, training) = (pair["sample"].as_u64(), pair["training"].as_u64());
        assert_eq!(sample.unwrap() + training.unwrap(), 299, "{report}");
        assert_eq!(pair["distance"], 0.0);
    }
    assert_eq!(report["compared"], 150, "half of the test images, the other half for the floor");
    assert!(number("/neighbours/precision") > 0.7, "{report}");
    assert!(
        number("/kernel_distance/mean") < 10.0 * number("/real_kernel_distance/error").max(1.0),
        "{report}"
    );

    let (_, said, complaint) = run(&sandbox, &["score", "samples.npy", "--data", "data", "--full"]);
    assert!(said.contains("copies") && said.contains("kernel distance"), "{said}{complaint}");
    let (well, _, complaint) = run(&sandbox, &["score", "samples.npy", "--full"]);
    assert!(!well && complaint.contains("needs --data"), "{complaint}");
}

#[test]
fn what_is_no_digit_is_far_off_and_equal_images_score_the_same_on_any_number_of_threads() {
    let sandbox = Sandbox::empty();
    let digits = synthetic::dataset(7, 400, &mut |_| {});
    let drawn = digits.images(&mut (0..400)).pixels;
    write(
        &sandbox,
        "noise.npy",
        (0..400 * PIXELS as u32)
            .map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8)
            .collect(),
    );
    write(&sandbox, "one.npy", drawn[..PIXELS].repeat(400));
    write(&sandbox, "drawn.npy", drawn);
    let report = score(&sandbox, &["drawn.npy", "--threads", "1"]);
    assert_eq!(report, score(&sandbox, &["drawn.npy", "--threads", "1"]));
    assert_eq!(report, score(&sandbox, &["drawn.npy", "--threads", "3"]));
    // The same as numbers from 0 to 1 in another layout, alone and in an archive of arrays.
    let mut floats = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (400, 1, 28, 28), }";
    floats.extend(format!("{header:<117}\n").bytes());
    floats.extend(
        digits
            .images(&mut (0..400))
            .pixels
            .iter()
            .flat_map(|&byte| (f32::from(byte) / 255.0).to_le_bytes()),
    );
    sandbox.write("floats.npy", &floats);
    let mut npz = zip::ZipWriter::new(fs::File::create(sandbox.join("floats.npz")).unwrap());
    npz.start_file("images.npy", zip::write::SimpleFileOptions::default()).unwrap();
    npz.write_all(&floats).unwrap();
    npz.finish().unwrap();
    for name in ["floats.npy", "floats.npz"] {
        assert_eq!(distance(&score(&sandbox, &[name])), distance(&report), "{name}");
    }
    let own = score(&sandbox, &["drawn.npy", "--data", "synthetic"]);
    assert!(
        own["against"] == "10,000 embedded digits"
            && distance(&own) < 2.0 * own["floor"].as_f64().unwrap(),
        "{own}"
    );
    assert!(
        distance(&own) < distance(&report),
        "embedded digits are nearer to each other than to MNIST's: {own} {report}"
    );
    for far in ["noise.npy", "one.npy"] {
        assert!(distance(&score(&sandbox, &[far])) > 3.0 * distance(&report), "{far}");
    }
    let (_, text, _) = run(&sandbox, &["score", "drawn.npy"]);
    assert!(text.starts_with("drawn.npy: 400 images, against MNIST's test images\n"), "{text}");
    assert!(text.contains("as many real images: "), "{text}");
}

#[test]
fn what_cannot_be_scored_is_told() {
    let sandbox = Sandbox::empty();
    sandbox.write("small.npy", npy::write_images(&ImageBatch::grey(14, 14, vec![0; 196])));
    let refused = |words: &[&str], part: &str| {
        let (well, said, complaint) = run(&sandbox, words);
        assert!(
            !well
                && said.is_empty()
                && complaint.starts_with("error: ")
                && complaint.contains(part),
            "{words:?}: {complaint}"
        );
    };
    refused(&["score", "small.npy"], "small.npy: needs --data, the pictures to compare with");
    sandbox.write("digit.npy", npy::write_images(&ImageBatch::grey(28, 28, vec![0; PIXELS])));
    refused(&["score", "digit.npy", "--count", "500"], "--count is for a generator's samples");
    refused(&["score", "none.npy"], "none.npy");
    fs::write(sandbox.join("letter.md"), "Dear").unwrap();
    refused(
        &["score", "letter.md"],
        "letter.md: expected a run, a checkpoint (.safetensors) or images (.npy, .npz, \
         .zip, .tar or a folder), found another file",
    );
    refused(&["score", "nowhere"], "cannot open nowhere");
    refused(&["score", "nowhere", "--count", "3"], "expected a whole number from 100 to 1000000");
}

/// A run that is scored while it trains, keeps its best, and draws the digits that it is asked for.
#[test]
fn digits_are_trained_scored_and_drawn_on_demand() {
    let sandbox = Sandbox::empty();
    let preset = r#"(name: "mine", model: DcganSmallDigits, latent: 64, data: Synthetic, batch: 4,
        iterations: 3, reuse_fakes: true, average: 0.9, score_every: 2, checkpoint_every: 2)"#;
    fs::write(sandbox.join("mine.ron"), preset).unwrap();
    let (well, _, complaint) = run(&sandbox, &["train", "--preset", "mine.ron", "--out", "run"]);
    assert!(well, "{complaint}");
    let rows = fs::read_to_string(sandbox.join("run/metrics.jsonl")).unwrap();
    let rows: Vec<Value> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        rows[0].get("score").is_none() && rows[1]["score"]["samples"] == 2_000 && rows.len() == 3,
        "{rows:?}"
    );
    assert!(rows[1]["score"]["as_asked"].is_number());
    let (best, second) = (
        sandbox.join("run/checkpoints/best.safetensors"),
        sandbox.join("run/checkpoints/00000002.safetensors"),
    );
    assert_eq!(
        fs::read(best).unwrap(),
        fs::read(&second).unwrap(),
        "what scored best is kept as it was"
    );
    let (well, _, complaint) = run(
        &sandbox,
        &["resume", "run", "--from", "2", "--out", "branch", "--headless", "--quiet"],
    );
    assert!(well, "{complaint}");
    let branched = fs::read(sandbox.join("branch/checkpoints/best.safetensors")).unwrap();
    assert_eq!(branched, fs::read(&second).unwrap(), "a branch takes over what was best till then");
    let original = fs::read(sandbox.join("run/checkpoints/best.safetensors")).unwrap();
    fs::write(sandbox.join("run/checkpoints/best.safetensors"), &original[..1000]).unwrap();
    let (well, _, complaint) =
        run(&sandbox, &["resume", "run", "--from", "2", "--out", "other", "--headless", "--quiet"]);
    assert!(well && complaint.contains("the best-scoring checkpoint is left out: "), "{complaint}");
    fs::write(sandbox.join("run/checkpoints/best.safetensors"), original).unwrap();
    let report = score(&sandbox, &["run/checkpoints/best.safetensors", "--count", "2000"]);
    assert_eq!((&report["iteration"], &report["samples"]), (&2.into(), &2_000.into()));

    let (well, _, complaint) =
        run(&sandbox, &["sample", "run", "--digits", "2026", "--count", "3", "--out", "n.npy"]);
    assert!(well, "{complaint}");
    assert_eq!(
        npy::read_images(&sandbox.join("n.npy")).unwrap().len(),
        12,
        "all single digits in order"
    );
    assert!(run(&sandbox, &["sample", "run", "--digits", "2026", "--out", "n.png"]).0);
    let png = fs::read(sandbox.join("n.png")).unwrap();
    assert_eq!(
        (&png[16..20], &png[20..24]),
        (&112u32.to_be_bytes()[..], &28u32.to_be_bytes()[..]),
        "one row of four digits"
    );
    let (well, text, _) = run(&sandbox, &["sample", "run", "--digits", "07"]);
    assert!(well && text.lines().count() > 4, "{text}");
    let (well, _, complaint) = run(&sandbox, &["sample", "run", "--digits", "2x"]);
    assert!(!well && complaint.contains("expected 1 to 16 digits"), "{complaint}");
}

/// What has scored best is told from the metrics of a run that goes on, so that a stop changes
/// nothing in it.
#[test]
fn the_best_is_the_same_after_a_stop() {
    let sandbox = Sandbox::empty();
    let preset = r#"(name: "mine", model: DcganSmallDigits, latent: 64, data: Synthetic, batch: 4,
        iterations: 4, reuse_fakes: true, average: 0.9, score_every: 2, checkpoint_every: 3)"#;
    fs::write(sandbox.join("mine.ron"), preset).unwrap();
    let train = |out: &str, iterations: &str| {
        run(&sandbox, &["train", "--preset", "mine.ron", "--out", out, "--iterations", iterations])
    };
    let distances = |out: &str| -> Vec<(u64, f64)> {
        let rows = fs::read_to_string(sandbox.join(out).join("metrics.jsonl")).unwrap();
        let rows = rows.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        rows.filter_map(|row| {
            Some((row["iteration"].as_u64()?, row["score"]["frechet_distance"].as_f64()?))
        })
        .collect()
    };
    let best =
        |out: &str| fs::read(sandbox.join(out).join("checkpoints/best.safetensors")).unwrap();
    assert!(train("whole", "4").0 && train("parts", "3").0);
    let scored: Vec<u64> = distances("parts").into_iter().map(|(iteration, _)| iteration).collect();
    assert_eq!(scored, [2, 3], "the last networks are scored too");
    let least = distances("parts").into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    let report = score(&sandbox, &["parts/checkpoints/best.safetensors", "--count", "100"]);
    assert_eq!(report["iteration"], least.0, "and may be the best");
    sandbox.copy_folder("parts", "low");
    let (well, _, complaint) =
        run(&sandbox, &["resume", "parts", "--headless", "--quiet", "--iterations", "4"]);
    assert!(well, "{complaint}");
    assert_eq!(distances("parts"), distances("whole"), "as if it had not ended at 3");
    assert!(!sandbox.join("parts/checkpoints/best-on-schedule.safetensors").exists());
    // What is better in the metrics than all that comes stays the best.
    let log = sandbox.join("low/metrics.jsonl");
    let rows = fs::read_to_string(&log).unwrap();
    let known = format!("\"frechet_distance\":{}", distances("low")[0].1);
    assert!(rows.contains(&known), "{rows}");
    fs::write(&log, rows.replace(&known, "\"frechet_distance\":0.5")).unwrap();
    let before = best("low");
    let (well, _, complaint) =
        run(&sandbox, &["resume", "low", "--headless", "--quiet", "--iterations", "4"]);
    assert!(well && best("low") == before && distances("low").len() == 2, "{complaint}");
    assert_eq!(best("parts"), best("whole"));
    let least = distances("whole").into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
    let report = score(&sandbox, &["parts/checkpoints/best.safetensors", "--count", "100"]);
    assert_eq!((distances("whole").len(), &report["iteration"]), (2, &least.0.into()));
}

/// The distance of the classifier's features of two sets of images is SciPy's.
#[test]
fn scipy_finds_the_same_distance_between_the_same_features() {
    let mut python = need!(needs::python(&["numpy", "scipy"]));
    let sandbox = Sandbox::empty();
    let digits = synthetic::dataset(7, 900, &mut |_| {});
    let (judge, _) = DigitClassifier::embedded().unwrap();
    let features = |mut images: std::ops::Range<usize>| {
        judge.read(&digits.images(&mut images).pixels).unwrap().features
    };
    let sets = [features(0..500), features(500..900)];
    for (name, set) in ["a.npy", "b.npy"].into_iter().zip(&sets) {
        fs::write(sandbox.join(name), npy::write_latents(FEATURES, set)).unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/frechet.py");
    let output =
        python.args([script, "a.npy", "b.npy"]).current_dir(sandbox.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let scipys: f64 = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    let [a, b] = sets.map(|set| FeatureMoments::of(&set, FEATURES));
    let ours = gan_tui_measures::distance(&a, &b);
    assert!((ours - scipys).abs() < 1e-4 * scipys && scipys > 1.0, "{ours}, SciPy {scipys}");
}

/// The other measures of the same features are those of their definitions, and of `prdc` where it is
/// installed.
#[test]
fn numpy_and_prdc_find_the_same_neighbours_and_kernel_distance() {
    let mut python = need!(needs::python(&["numpy"]));
    let sandbox = Sandbox::empty();
    let digits = synthetic::dataset(7, 900, &mut |_| {});
    let of = RandomFeatures::new(MNIST_SHAPE);
    let features = |mut images: std::ops::Range<usize>| of.of(&digits.images(&mut images).pixels);
    let (real, others) = (features(0..300), features(300..600));
    // Some are real, some the same over and over, some between two: no measure is 0 or 1.
    let mut samples = features(600..800);
    let (one, two) = (samples[..WIDTH].to_vec(), samples[WIDTH..2 * WIDTH].to_vec());
    (0..50).for_each(|_| samples.extend(&one));
    for share in (0..50).map(|at| at as f32 / 50.0) {
        samples.extend(one.iter().zip(&two).map(|(a, b)| a + share * 3.0 * (b - a)));
    }
    for (name, set) in [("real.npy", &real), ("samples.npy", &samples)] {
        fs::write(sandbox.join(name), npy::write_latents(WIDTH, set)).unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/measures.py");
    let arguments = [script, "real.npy", "samples.npy"];
    let output = python.args(arguments).current_dir(sandbox.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: Value = serde_json::from_slice(&output.stdout).unwrap();
    let (samples, real, others) = (&samples[..], &real[..], &others[..]);
    let ours = full::measure(&FeaturesOf { samples, real, others, training: None });
    let neighbours = serde_json::to_value(ours.neighbours).unwrap();
    for name in ["precision", "recall", "density", "coverage"] {
        let value = neighbours[name].as_f64().unwrap();
        assert!(value > 0.05 && value < 1.5 && (value - 1.0).abs() > 0.01, "{name} {value}");
        for source in ["numpy", "prdc"] {
            if let Some(found) = theirs[source][name].as_f64() {
                // One image may lie so near an edge that single precision puts it on the other side.
                assert!((value - found).abs() < 1.01 / 300.0, "{name}: {value}, {source} {found}");
            }
        }
    }
    let (own, found) = (ours.kernel_distance.mean, theirs["kernel_distance"].as_f64().unwrap());
    assert!((own - found).abs() < 1e-4 * found && found > 0.0, "{own}, NumPy {found}");
}
