//! How much memory a process may still take.

use std::path::Path;

/// Bytes that the system has available, or fewer where a control group limits this process; none where neither says.
pub fn free_memory() -> Option<u64> {
    free_below(Path::new("/"))
}

fn free_below(root: &Path) -> Option<u64> {
    let text = |path: &str| std::fs::read_to_string(root.join(path)).unwrap_or_default();
    let (meminfo, groups) = (text("proc/meminfo"), text("proc/self/cgroup"));
    let system = field(&meminfo, "MemAvailable:").map(|kib| kib * 1024);
    let limits = groups.lines().filter_map(|line| group_free(root, line));
    limits.chain(system).min()
}

/// What the groups of one line of `/proc/self/cgroup` leave, `id:controllers:path`: a limit on any group above counts
/// too. In a container the path can be the host's; then only the container's own group is found, at the top.
fn group_free(root: &Path, line: &str) -> Option<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, path) = (parts.next()?, parts.next()?.trim_start_matches('/'));
    let (top, [limit, used], unused) = match controllers {
        "" => ("sys/fs/cgroup", ["memory.max", "memory.current"], "inactive_file"),
        v1 if v1.split(',').any(|c| c == "memory") => {
            let files = ["memory.limit_in_bytes", "memory.usage_in_bytes"];
            ("sys/fs/cgroup/memory", files, "total_inactive_file")
        }
        _ => return None,
    };
    let free = |group: &Path| -> Option<u64> {
        let text = |name: &str| std::fs::read_to_string(root.join(top).join(group).join(name));
        let number = |name: &str| text(name).ok()?.trim().parse::<u64>().ok();
        // The kernel gives up cached files before it lets a group run out.
        let cached = text("memory.stat").ok().and_then(|stat| field(&stat, unused)).unwrap_or_default();
        Some(number(limit)?.saturating_sub(number(used)?.saturating_sub(cached)))
    };
    Path::new(path).ancestors().filter_map(free).min()
}

/// The number after a name, at the beginning of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.split_whitespace().next() == Some(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        free_below(root.path())
    }

    const MEMINFO: (&str, &str) = ("proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    8000 kB\n");

    #[test]
    fn the_system_says_how_much_is_available() {
        assert_eq!(free(&[]), None);
        assert_eq!(free(&[MEMINFO, ("proc/self/cgroup", "0::/\n")]), Some(8_192_000));
    }

    #[test]
    fn a_limit_on_a_group_above_counts_and_its_cached_files_do_not() {
        let limited = [
            MEMINFO,
            ("proc/self/cgroup", "0::/school/lectern\n"),
            ("sys/fs/cgroup/school/memory.max", "1000000\n"),
            ("sys/fs/cgroup/school/memory.current", "600000\n"),
            ("sys/fs/cgroup/school/memory.stat", "anon 1\ninactive_file 100000\n"),
            ("sys/fs/cgroup/school/lectern/memory.max", "max\n"),
            ("sys/fs/cgroup/school/lectern/memory.current", "500000\n"),
        ];
        assert_eq!(free(&limited), Some(500_000));
    }

    #[test]
    fn the_first_version_of_groups_is_read_at_a_containers_top() {
        let group = |limit| {
            [
                MEMINFO,
                ("proc/self/cgroup", "5:cpu,memory:/docker/0123\n4:pids:/docker/0123\n"),
                ("sys/fs/cgroup/memory/memory.limit_in_bytes", limit),
                ("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000\n"),
            ]
        };
        assert_eq!(free(&group("5000\n")), Some(4000));
        assert_eq!(free(&group("9223372036854771712\n")), Some(8_192_000));
    }
}
