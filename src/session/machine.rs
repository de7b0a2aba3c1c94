//! How busy the machine is that a run trains on.

use std::path::Path;

use gan_tui_core::event::Load;
use sysinfo::{
    CpuRefreshKind, MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, RefreshKind,
    System,
};

/// Looks at this process and its machine now and then.
pub struct MachineWatch(Option<(System, Pid)>);

impl MachineWatch {
    /// Begins to look; how busy processors are is known from the second look on.
    pub fn start() -> Self {
        let what = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing().with_usage());
        let system = System::new_with_specifics(what).ok();
        let mut watch = Self(system.zip(sysinfo::get_current_pid().ok()));
        watch.refresh();
        watch
    }

    fn refresh(&mut self) {
        let Some((system, process)) = &mut self.0 else { return };
        system.refresh_cpu_usage();
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[*process]), false, what);
    }

    /// Returns what has been taken of the machine since the last call, and what is free where the
    /// files are; `None` where the system does not tell.
    pub fn load(&mut self, files: &Path) -> Option<Load> {
        self.refresh();
        let (system, process) = self.0.as_ref()?;
        let process = system.process(*process)?;
        let cores = system.cpus().len();
        let disk = rustix::fs::statvfs(files).ok();
        Some(Load {
            cores,
            process: f64::from(process.cpu_usage()) / 100.0,
            machine: f64::from(system.global_cpu_usage()) / 100.0 * cores as f64,
            memory: process.memory(),
            available: system.available_memory(),
            total: system.total_memory(),
            disk: disk.map(|disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_cores_memory_and_a_disk() {
        let load = MachineWatch::start().load(&std::env::temp_dir()).unwrap();
        assert!(load.cores > 0 && load.machine <= load.cores as f64 + 1e-3, "{load:?}");
        assert!((1 << 20..load.total).contains(&load.memory), "{load:?}");
        assert!(load.available <= load.total && load.disk.is_some(), "{load:?}");
        assert!(MachineWatch::start().load(Path::new("/no/such/folder")).unwrap().disk.is_none());
    }
}
