//! KFD's processes that have several contexts.

use super::{Laid, SUCCESS, ask, zeroed};
use rsmi_compat::types::{rsmi_process_info_t, rsmi_status_t};
use std::fs;

unsafe extern "C" {
    fn rsmi_compute_process_info_by_pid_get(
        pid: u32,
        out: *mut rsmi_process_info_t,
    ) -> rsmi_status_t;
    fn rsmi_compute_process_gpus_get(pid: u32, list: *mut u32, count: *mut u32) -> rsmi_status_t;
}

#[test]
fn the_contexts_of_a_process_are_added_up() {
    let laid = Laid::out("mi300x", "kfd.gpu_id = 777").init();
    let process = laid.sysfs().join("class/kfd/kfd/proc/4711");
    let put = |name: &str, text: &str| {
        let path = process.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("pasid", "0\n");
    put("vram_777", "2000000\n");
    put("sdma_777", "11\n");
    put("stats_777/cu_occupancy", "16\n");
    put("context_1/pasid", "0\n");
    put("context_1/vram_777", "7000000000\n");
    put("context_1/sdma_777", "22\n");
    put("context_1/stats_777/cu_occupancy", "60\n");
    put("context_1/queues/1/gpuid", "777\n");
    put("context_12/vram_777", "5\n");
    put("context_other/vram_777", "9\n");
    // SAFETY: the pointer is to such a struct.
    let (status, told) =
        ask(zeroed(), |out| unsafe { rsmi_compute_process_info_by_pid_get(4711, out) });
    assert_eq!((status, told.pasid), (SUCCESS, 0));
    assert_eq!((told.vram_usage, told.sdma_usage), (7_002_000_005, 33));
    // KFD's properties are of whole shader arrays, of which not all units work.
    assert_eq!(told.cu_occupancy, 76 * 100 / 320);
    let mut list = [9; 4];
    // SAFETY: the list has as much room as is said.
    let (status, count) =
        ask(4, |count| unsafe { rsmi_compute_process_gpus_get(4711, list.as_mut_ptr(), count) });
    assert_eq!((status, count, list[0]), (SUCCESS, 1, 0));
}
