//! The allocator's settings, and the memory that the process uses.

/// Sets the allocator to keep freed memory: every step frees and allocates the same large buffers,
/// and returning them to the system in between costs a page fault for every 4 KiB. Does nothing if
/// the C library is not glibc.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        const LARGEST_HEAP_BLOCK: i32 = 32 << 20;
        const KEEP: i32 = 1 << 30;
        // SAFETY: mallopt only sets the allocator's parameters; unknown values are refused by its
        // return value, which changes nothing.
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, 1);
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGEST_HEAP_BLOCK);
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEEP);
        }
    }
}

/// The system's counters of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Largest resident size so far, in bytes.
    pub peak_resident: u64,
    /// Page faults that needed no reading from disk.
    pub minor_faults: u64,
}

/// Returns peak memory and page faults of this process so far; `None` if the system does not count
/// them.
pub fn usage() -> Option<Usage> {
    #[cfg(unix)]
    {
        let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: the pointer is to a rusage of our own, which getrusage fills; all its fields are
        // plain numbers, valid when zero.
        let usage = unsafe {
            if libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) != 0 {
                return None;
            }
            usage.assume_init()
        };
        let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
        Some(Usage {
            peak_resident: usage.ru_maxrss as u64 * unit,
            minor_faults: usage.ru_minflt as u64,
        })
    }
    #[cfg(not(unix))]
    None
}
