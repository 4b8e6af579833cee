//! Confines the reader process once it holds its file: from then on it can open its libraries, models and fonts, and
//! compute. Code that a hostile file takes over finds no other file, no network and no other process.
//!
//! Landlock (Linux 5.13) bounds what can be opened; seccomp refuses the system calls for sockets, programs and other
//! processes. Neither can be taken back.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
    path_beneath_rules,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen::Dword, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    apply_filter,
};

use crate::reader_protocol::Request;

/// Where systems keep shared libraries, fonts and what the C library and ONNX Runtime look up about the machine.
const SYSTEM: [&str; 16] = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/X11/fonts",
    "/dev/null",
    "/dev/urandom",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/sys/vm/overcommit_memory",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
];
/// System calls on x86-64 have a second set of numbers (x32) with this bit set.
const X32: i64 = 0x4000_0000;

/// Confines this thread and those it starts. Returns what the kernel does not allow to be confined, in words.
pub(crate) fn confine(request: &Request) -> Vec<String> {
    let mut open = Vec::new();
    match bound_files(&readable(request)) {
        Ok(RulesetStatus::NotEnforced) => {
            open.push("this kernel has no Landlock, so the reader process could open other files".to_owned());
        }
        Ok(_) => {}
        Err(error) => open.push(format!("the reader process could open other files ({error})")),
    }
    if let Err(error) = refuse_calls() {
        open.push(format!("the reader process could open sockets ({error})"));
    }
    open
}

/// What the task may still open. The file itself is not among it: it has been read.
fn readable(request: &Request) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    paths.push(request.pdfium.clone());
    if let Some(ocr) = &request.ocr {
        paths.push(ocr.runtime.clone());
        // The files too: a folder may hold links to them.
        paths.extend(["", "det.onnx", "rec.onnx", "keys.txt"].map(|file| ocr.folder.join(file)));
    }
    if let Some(path) = std::env::var_os("LD_LIBRARY_PATH") {
        paths.extend(std::env::split_paths(&path).filter(|p| p.is_absolute() && p != Path::new("/")));
    }
    paths
}

fn bound_files(paths: &[PathBuf]) -> Result<RulesetStatus, RulesetError> {
    // What an older kernel does not know is left out.
    let abi = ABI::V6;
    let ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?;
    let rules = path_beneath_rules(paths, AccessFs::ReadFile | AccessFs::ReadDir);
    Ok(ruleset.add_rules(rules)?.restrict_self()?.ruleset)
}

/// Calls that are always refused.
const REFUSED: [i64; 37] = [
    libc::SYS_socket,
    libc::SYS_socketpair,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    // Does all of the above without their numbers.
    libc::SYS_io_uring_setup,
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_mq_open,
];

fn refuse_calls() -> Result<(), Box<dyn std::error::Error>> {
    let own = u64::from(std::process::id());
    let when = |argument, is, value| {
        let condition = SeccompCondition::new(argument, Dword, is, value)?;
        SeccompRule::new(vec![condition]).map(|rule| vec![rule])
    };
    let thread = u64::from(libc::CLONE_THREAD.cast_unsigned());
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
    // Signals to and limits of other processes; new processes, but not new threads.
    rules.insert(libc::SYS_tgkill, when(0, SeccompCmpOp::Ne, own)?);
    rules.insert(libc::SYS_prlimit64, when(0, SeccompCmpOp::Ne, 0)?);
    rules.insert(libc::SYS_clone, when(0, SeccompCmpOp::MaskedEq(thread), 0)?);
    #[cfg(target_arch = "x86_64")]
    {
        rules.insert(libc::SYS_fork, Vec::new());
        rules.insert(libc::SYS_vfork, Vec::new());
        rules.extend(rules.clone().into_iter().map(|(call, rule)| (call | X32, rule)));
    }
    apply(rules, libc::EPERM)?;
    // Its flags lie in memory, out of a filter's reach: the C library falls back to `clone`.
    apply([libc::SYS_clone3, libc::SYS_clone3 | X32].map(|call| (call, Vec::new())).into(), libc::ENOSYS)
}

fn apply(rules: BTreeMap<i64, Vec<SeccompRule>>, error: i32) -> Result<(), Box<dyn std::error::Error>> {
    let refuse = SeccompAction::Errno(error.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, std::env::consts::ARCH.try_into()?)?;
    let program: BpfProgram = filter.try_into()?;
    Ok(apply_filter(&program)?)
}
