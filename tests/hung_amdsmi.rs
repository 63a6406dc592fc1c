//! A libamd_smi that hangs keeps nobody but who asked it, and a child of fork lets it be.

mod common;

use rsmi_compat::types::rsmi_status_t;
use std::ffi::{CStr, c_char};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

unsafe extern "C" {
    fn rsmi_init(flags: u64) -> rsmi_status_t;
    fn rsmi_shut_down() -> rsmi_status_t;
    fn rsmi_dev_id_get(gpu: u32, id: *mut u16) -> rsmi_status_t;
    fn rsmi_dev_memory_busy_percent_get(gpu: u32, percent: *mut u32) -> rsmi_status_t;
    fn rsmi_dev_compute_partition_get(gpu: u32, mode: *mut c_char, len: u32) -> rsmi_status_t;
}

const SUCCESS: rsmi_status_t = rsmi_status_t::RSMI_STATUS_SUCCESS;

/// What nobody waits for; far less than what hangs, and more than a busy machine takes.
const SOON: Duration = Duration::from_secs(8);
/// A question that libamd_smi would answer waits a second for somebody else to initialise it.
const AT_ONCE: Duration = Duration::from_millis(800);

/// One GPU, whose mode is one that no card has. While a file of that name exists, a function hangs.
const LIBAMD_SMI: &str = r#"
    #include <string.h>
    #include <unistd.h>
    static void hang(const char *file)
    {
        if (access(file, F_OK) == 0) {
            if (symlink(".", WHERE "/inside") != 0)
                return;
            while (access(file, F_OK) == 0)
                usleep(1000);
        }
    }
    static int initialised;
    int amdsmi_init(unsigned long flags)
    {
        (void)flags;
        hang(WHERE "/init");
        initialised = 1;
        return 0;
    }
    int amdsmi_shut_down(void) { initialised = 0; return 0; }
    int amdsmi_set_gpu_clear_sram_data(void) { return 2; }
    static int one;
    static int list(unsigned *count, void **things) { *count = 1; *things = &one; return 0; }
    int amdsmi_get_socket_handles(unsigned *count, void **sockets)
    {
        return initialised ? list(count, sockets) : 32;
    }
    int amdsmi_get_processor_handles(void *socket, unsigned *count, void **gpus)
    {
        (void)socket;
        return list(count, gpus);
    }
    int amdsmi_get_gpu_bdf_id(void *gpu, unsigned long *id) { (void)gpu; *id = 0x500; return 0; }
    int amdsmi_get_gpu_compute_partition(void *gpu, char *mode, unsigned length)
    {
        (void)gpu;
        hang(WHERE "/ask");
        strncpy(mode, "AMDSMI", length);
        return 0;
    }
"#;

#[test]
fn who_asks_a_libamd_smi_that_hangs_hangs_alone() {
    let place = tempfile::tempdir().unwrap();
    let library = libamd_smi(place.path());
    // SAFETY: this file has one test, which has started nothing yet.
    unsafe {
        common::set_up_without_amdsmi(place.path(), common::MACHINE);
        std::env::set_var("RSMI_COMPAT_AMDSMI", library);
    }
    assert_eq!(init(), SUCCESS);
    it_hangs_while_it_is_initialised(place.path());
    it_hangs_at_a_question(place.path());
    assert_eq!(shut_down(), SUCCESS);
}

fn it_hangs_while_it_is_initialised(place: &Path) {
    let file = begin(place, "init");
    let hung = thread::spawn(mode);
    wait_for_inside(place);
    at_once(|| assert_eq!(by_the_kernel(), SUCCESS));
    at_once(|| assert_eq!(in_child(), "SPX", "the child asks the kernel"));
    soon(|| assert_eq!(mode(), "SPX", "another thread does not wait for it for ever"));
    at_once(|| assert_eq!(mode(), "SPX", "the next does not wait at all"));
    at_once(|| assert_eq!((shut_down(), init()), (SUCCESS, SUCCESS)));
    at_once(|| assert_eq!((by_the_kernel(), mode().as_str()), (SUCCESS, "SPX")));
    end(place, &file);
    assert_eq!(hung.join().unwrap(), "AMDSMI");
    assert_eq!(mode(), "AMDSMI", "for everybody it is there now");
}

fn it_hangs_at_a_question(place: &Path) {
    assert_eq!(in_child(), "AMDSMI", "nobody is inside");
    let file = begin(place, "ask");
    let hung = thread::spawn(mode);
    wait_for_inside(place);
    at_once(|| assert_eq!(by_the_kernel(), SUCCESS));
    at_once(|| assert_eq!(in_child(), "SPX", "the child asks the kernel"));
    at_once(|| assert_eq!((shut_down(), init()), (SUCCESS, SUCCESS)));
    at_once(|| assert_eq!(by_the_kernel(), SUCCESS));
    end(place, &file);
    assert_eq!(hung.join().unwrap(), "AMDSMI");
    assert_eq!(mode(), "AMDSMI");
}

fn libamd_smi(place: &Path) -> PathBuf {
    let (source, library) = (place.join("hangs.c"), place.join("libamd_smi.so"));
    fs::write(&source, LIBAMD_SMI).unwrap();
    let mut compile = Command::new("cc");
    compile.arg(format!("-DWHERE=\"{}\"", place.display())).args(["-shared", "-fPIC", "-o"]);
    assert!(compile.args([&library, &source]).status().expect("a C compiler, cc").success());
    library
}

fn begin(place: &Path, function: &str) -> PathBuf {
    let file = place.join(function);
    fs::write(&file, "").unwrap();
    file
}

fn wait_for_inside(place: &Path) {
    let began = Instant::now();
    while fs::symlink_metadata(place.join("inside")).is_err() {
        assert!(began.elapsed() < SOON, "libamd_smi was not asked");
        thread::sleep(Duration::from_millis(1));
    }
}

fn end(place: &Path, file: &Path) {
    fs::remove_file(file).unwrap();
    fs::remove_file(place.join("inside")).unwrap();
}

fn at_once(act: impl FnOnce()) {
    within(AT_ONCE, act);
}

fn soon(act: impl FnOnce()) {
    within(SOON, act);
}

fn within(time: Duration, act: impl FnOnce()) {
    // SAFETY: it only ends this process if it hangs.
    unsafe { libc::alarm(60) };
    let began = Instant::now();
    act();
    assert!(began.elapsed() < time, "{:?}", began.elapsed());
    // SAFETY: as above.
    unsafe { libc::alarm(0) };
}

/// The mode as a child of fork is told it, if it may go on otherwise.
fn in_child() -> String {
    let mut ends = [0; 2];
    // SAFETY: the array has room for both.
    assert_eq!(unsafe { libc::pipe(ends.as_mut_ptr()) }, 0);
    // SAFETY: the child does no more than a host does, and ends at once.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        let mode = mode();
        let fine = by_the_kernel() == SUCCESS
            && [init(), shut_down(), shut_down(), init(), by_the_kernel()] == [SUCCESS; 5];
        let answer = if fine { mode.as_bytes() } else { b"failed" };
        // SAFETY: the pointer and length are those of the text; no handler of the parent's runs.
        unsafe {
            libc::write(ends[1], answer.as_ptr().cast(), answer.len());
            libc::_exit(0);
        }
    }
    let mut text = [0_u8; 32];
    // SAFETY: the descriptors are ours, the buffer as long as we say.
    let count = unsafe {
        libc::close(ends[1]);
        libc::waitpid(pid, std::ptr::null_mut(), 0);
        let count = libc::read(ends[0], text.as_mut_ptr().cast(), text.len());
        libc::close(ends[0]);
        count
    };
    String::from_utf8_lossy(&text[..usize::try_from(count).unwrap()]).into_owned()
}

fn init() -> rsmi_status_t {
    // SAFETY: the function asks nothing of its caller.
    unsafe { rsmi_init(0) }
}

fn shut_down() -> rsmi_status_t {
    // SAFETY: as above.
    unsafe { rsmi_shut_down() }
}

/// Questions that the kernel answers.
fn by_the_kernel() -> rsmi_status_t {
    let (mut id, mut percent) = (0, 0);
    // SAFETY: the pointers are to such values.
    unsafe {
        rsmi_dev_memory_busy_percent_get(0, &raw mut percent);
        rsmi_dev_id_get(0, &raw mut id)
    }
}

/// A question that goes to libamd_smi first.
fn mode() -> String {
    let mut text: [c_char; 32] = [0; 32];
    // SAFETY: the text is as long as we say.
    let status = unsafe { rsmi_dev_compute_partition_get(0, text.as_mut_ptr(), 32) };
    assert_eq!(status, SUCCESS);
    // SAFETY: the library ends what it writes with NUL.
    unsafe { CStr::from_ptr(text.as_ptr()) }.to_string_lossy().into_owned()
}
