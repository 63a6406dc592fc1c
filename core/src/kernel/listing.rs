//! What is in a directory, without memory of the heap, which opendir(3) takes.

use super::file::{Path, errno, open_path};
use std::ffi::CStr;
use std::mem::offset_of;
use std::os::fd::AsRawFd;

/// Room for some entries; the kernel aligns each to eight bytes.
#[repr(C, align(8))]
struct Entries([u8; 2048]);

/// Calls with the name of each entry, in the order in which the kernel lists them.
pub(super) fn each(at: i32, path: &Path, mut with: impl FnMut(&str)) -> Result<(), i32> {
    let directory = open_path(at, path, libc::O_RDONLY | libc::O_DIRECTORY)?;
    let mut entries = Entries([0; 2048]);
    loop {
        let fd = directory.as_raw_fd();
        let room = &mut entries.0;
        // SAFETY: the kernel writes no more than the room is long.
        let count =
            unsafe { libc::syscall(libc::SYS_getdents64, fd, room.as_mut_ptr(), room.len()) };
        let mut rest = match usize::try_from(count) {
            Ok(0) => return Ok(()),
            Ok(count) => room.get(..count).unwrap_or_default(),
            Err(_) => match errno() {
                libc::EINTR => continue,
                errno => return Err(errno),
            },
        };
        while let Some((name, behind)) = first(rest) {
            if let Some(name) = name.to_str().ok().filter(|name| ![".", ".."].contains(name)) {
                with(name);
            }
            rest = behind;
        }
    }
}

/// The name of the first entry, and the entries behind it.
fn first(entries: &[u8]) -> Option<(&CStr, &[u8])> {
    let length = entries.get(offset_of!(libc::dirent64, d_reclen)..)?.first_chunk()?;
    let (entry, behind) = entries.split_at_checked(u16::from_ne_bytes(*length).into())?;
    let name = CStr::from_bytes_until_nul(entry.get(offset_of!(libc::dirent64, d_name)..)?).ok()?;
    Some((name, behind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::tests::Scratch;

    #[test]
    fn each_name_comes_once_in_the_order_of_the_kernel() {
        let names: Vec<String> = (0..200).map(|nth| format!("a_file_with_number_{nth}")).collect();
        let files: Vec<(&str, &[u8])> =
            names.iter().map(|name| (name.as_str(), &b""[..])).collect();
        let scratch = Scratch::new("listing", &files);
        let path = scratch.0.path();
        let mut found = Vec::new();
        let at = Path::of(&[path.to_str().unwrap()]).unwrap();
        each(libc::AT_FDCWD, &at, |name| found.push(name.to_owned())).unwrap();
        let entries = std::fs::read_dir(path).unwrap().flatten();
        let expected: Vec<_> =
            entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
        assert_eq!((found.len(), found), (200, expected));
    }

    #[test]
    fn what_is_no_directory_says_so() {
        let listed = |path: &str| each(libc::AT_FDCWD, &Path::of(&[path]).unwrap(), |_| ());
        assert_eq!(listed("/proc/self/maps"), Err(libc::ENOTDIR));
        assert_eq!(listed("/proc/self/absent"), Err(libc::ENOENT));
        assert!(first(&[0; 18]).is_none() && first(&[]).is_none());
    }
}
