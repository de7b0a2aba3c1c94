//! What a run's files tell of its start.

use gan_tui_core::{
    event::{DatasetInfo, Snapshot, Started, first_revision},
    preset::Model,
};
use gan_tui_engine::train::classes;
use gan_tui_store::run::Run;

/// Returns what is known of a run's start.
pub(super) fn started(run: &Run) -> Started {
    let manifest = run.manifest();
    let newest = run.checkpoints().last().and_then(|&iteration| run.checkpoint(iteration).ok());
    let count = |network: &str| {
        let tensors = newest.iter().flat_map(|snapshot| &snapshot.tensors);
        let own = tensors.filter(|tensor| tensor.name.starts_with(network));
        own.map(|tensor| tensor.data.len()).sum()
    };
    let unknown = || DatasetInfo { name: "unknown data".into(), ..DatasetInfo::default() };
    let kernels = manifest.and_then(|manifest| manifest.last_kernels());
    Started {
        dataset: manifest.and_then(|manifest| manifest.dataset.clone()).unwrap_or_else(unknown),
        kernels: kernels.map_or("unknown", |(path, _)| path).into(),
        kernel_revision: kernels.map_or(first_revision(), |(_, revision)| revision),
        threads: manifest.and_then(|manifest| manifest.threads).unwrap_or(0),
        threads_from: manifest.and_then(|manifest| manifest.threads_from.clone()),
        iteration: 0,
        generator_parameters: count("generator."),
        discriminator_parameters: count("discriminator."),
        classes: newest.iter().flat_map(classes_of).collect(),
        notes: Vec::new(),
    }
}

/// Returns the classes that a checkpoint's networks are conditioned on.
fn classes_of(snapshot: &Snapshot) -> Vec<String> {
    Model::named(&snapshot.model)
        .map(|model| classes::restored(model, &snapshot.classes))
        .unwrap_or_default()
}
