//! How many threads compute, and what decides that.

use std::{env, ffi::OsString, fmt, fs, num::NonZero, thread};

/// The variables by which schedulers and users tell a program how many threads it may have: Slurm,
/// OpenMP, PBS, Grid Engine, LSF, Rayon.
const VARIABLES: [&str; 7] = [
    "SLURM_CPUS_PER_TASK",
    "OMP_NUM_THREADS",
    "OMP_THREAD_LIMIT",
    "PBS_NUM_PPN",
    "NSLOTS",
    "LSB_DJOB_NUMPROC",
    "RAYON_NUM_THREADS",
];

/// How many threads compute, and what decided that. As text: `2 threads (SLURM_CPUS_PER_TASK)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threads {
    pub count: usize,
    pub source: ThreadSource,
}

/// What decided the number of threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThreadSource {
    /// The command line.
    Option,
    /// This environment variable.
    Variable(&'static str),
    /// The quota of the process's cgroup.
    Cgroup,
    /// The cores that the process is bound to.
    Affinity,
    /// The machine.
    Cores,
}

impl ThreadSource {
    /// Returns its name, for a person and in `run.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Option => "--threads",
            Self::Variable(name) => name,
            Self::Cgroup => "cgroup quota",
            Self::Affinity => "CPU affinity",
            Self::Cores => "all cores",
        }
    }
}

impl Threads {
    /// Returns the number asked for, else the smallest of what the machine gives this process and
    /// what the environment asks for. Also returns, a line each, what was ignored for it is no
    /// number.
    pub fn choose(asked: Option<usize>) -> (Self, Vec<String>) {
        match asked {
            Some(count) => (Self { count, source: ThreadSource::Option }, Vec::new()),
            None => smallest(available(), &|name| env::var_os(name)),
        }
    }
}

impl fmt::Display for Threads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.count == 1 { "thread" } else { "threads" };
        write!(f, "{} {noun} ({})", self.count, self.source.name())
    }
}

/// Returns the number of threads that compute unless the user asks for another: at least one.
pub fn available_threads() -> usize {
    Threads::choose(None).0.count
}

fn smallest(
    available: Threads,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> (Threads, Vec<String>) {
    let mut chosen = available;
    let mut ignored = Vec::new();
    for name in VARIABLES {
        let Some(value) = variable(name) else { continue };
        let text = value.to_string_lossy();
        let text = text.trim();
        // OpenMP's may have a number for each level of nested threads.
        match text.split(',').next().unwrap_or_default().trim().parse::<usize>() {
            Ok(0) | Err(_) if !text.is_empty() => ignored.push(format!(
                "{name} is ignored: expected a whole number above 0, found `{}`",
                text.escape_debug()
            )),
            // Of two that are equal, the variable is the one that somebody has chosen.
            Ok(count) if count < chosen.count || (count == chosen.count && is_machines(chosen)) => {
                chosen = Threads { count, source: ThreadSource::Variable(name) };
            }
            _ => {}
        }
    }
    (chosen, ignored)
}

fn is_machines(threads: Threads) -> bool {
    !matches!(threads.source, ThreadSource::Variable(_))
}

/// Returns what the machine gives this process: its CPU affinity and its cgroup's quota are
/// respected.
fn available() -> Threads {
    let count = thread::available_parallelism().map_or(1, NonZero::get);
    let source = match (bound_cores(), online_cores()) {
        (Some(bound), _) if count < bound => ThreadSource::Cgroup,
        (Some(bound), Some(online)) if bound < online => ThreadSource::Affinity,
        _ => ThreadSource::Cores,
    };
    Threads { count, source }
}

/// Returns how many cores the process is bound to, on Linux.
fn bound_cores() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    count_listed(status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?)
}

/// Returns how many cores the machine has, on Linux.
fn online_cores() -> Option<usize> {
    count_listed(&fs::read_to_string("/sys/devices/system/cpu/online").ok()?)
}

/// Returns how many numbers a list such as `0-3,8` has.
fn count_listed(list: &str) -> Option<usize> {
    let count = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        (last.parse::<usize>().ok()? + 1).checked_sub(first.parse().ok()?)
    };
    list.trim().split(',').map(count).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the number and its source as text, of variables and a machine with eight cores.
    fn chosen(variables: &[(&str, &str)]) -> (String, Vec<String>) {
        let machine = Threads { count: 8, source: ThreadSource::Cores };
        let (threads, ignored) = smallest(machine, &|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into())
        });
        (threads.to_string(), ignored)
    }

    #[test]
    fn the_smallest_number_counts() {
        for (variables, expected) in [
            (&[][..], "8 threads (all cores)"),
            (&[("SLURM_CPUS_PER_TASK", "1")], "1 thread (SLURM_CPUS_PER_TASK)"),
            (&[("OMP_NUM_THREADS", "4,2")], "4 threads (OMP_NUM_THREADS)"),
            (&[("OMP_NUM_THREADS", " 3 ")], "3 threads (OMP_NUM_THREADS)"),
            (&[("OMP_NUM_THREADS", "64")], "8 threads (all cores)"),
            (&[("OMP_NUM_THREADS", "8")], "8 threads (OMP_NUM_THREADS)"),
            (&[("OMP_NUM_THREADS", "")], "8 threads (all cores)"),
            (
                &[("OMP_NUM_THREADS", "2"), ("SLURM_CPUS_PER_TASK", "2"), ("NSLOTS", "5")],
                "2 threads (SLURM_CPUS_PER_TASK)",
            ),
            (&[("NSLOTS", "5"), ("PBS_NUM_PPN", "6")], "5 threads (NSLOTS)"),
            (
                &[("LSB_DJOB_NUMPROC", "7"), ("RAYON_NUM_THREADS", "9")],
                "7 threads (LSB_DJOB_NUMPROC)",
            ),
        ] {
            assert_eq!(chosen(variables), (expected.into(), Vec::new()), "{variables:?}");
        }
    }

    #[test]
    fn nonsense_is_told() {
        for value in ["many", "0", "-2", "1.5", "0,4", "99999999999999999999999", "2\x1b[31m"] {
            let (threads, ignored) = chosen(&[("OMP_NUM_THREADS", value), ("NSLOTS", "3")]);
            assert_eq!(threads, "3 threads (NSLOTS)");
            assert_eq!(
                ignored,
                [format!(
                    "OMP_NUM_THREADS is ignored: expected a whole number above 0, found `{}`",
                    value.escape_debug()
                )]
            );
        }
    }

    #[test]
    fn the_command_line_wins() {
        let (threads, ignored) = Threads::choose(Some(3));
        assert_eq!((threads.to_string().as_str(), ignored.len()), ("3 threads (--threads)", 0));
    }

    #[test]
    fn lists_of_cores_are_counted() {
        for (list, expected) in [
            ("0-3,8\n", Some(5)),
            ("\t0", Some(1)),
            ("0,2,4-5", Some(4)),
            ("", None),
            ("3-1", None),
            ("all", None),
        ] {
            assert_eq!(count_listed(list), expected, "{list:?}");
        }
    }
}
