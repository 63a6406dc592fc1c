//! `rsmi_gpu_metrics_t` as the caller's header has it: the newest's bytes, in other places, and only
//! as far as all headers that the caller may have been compiled with agree.

use super::{Client, cut_is_logged};
use crate::kernel::metrics::revision_within;
use crate::out::Out;
use crate::types::{RSMI_MAX_NUM_XCP, amdgpu_xcp_metrics_t, rsmi_gpu_metrics_t};
use rsmi_generations::{Generation, Open, PARTITIONS_AT};
use std::mem::offset_of;

/// What a client is to see.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metrics {
    pub(crate) members: rsmi_gpu_metrics_t,
    /// The bytes between two members, which clients of ROCm 5 get as the driver left them.
    pub(crate) gap: u16,
}

impl Metrics {
    /// Where the gap is, in the struct and in the tables that ROCm 5 knew.
    pub(crate) const GAP: usize = 78;
}

/// A run of bytes: where it is in the newest struct, where in the client's, and how long.
type Run = (usize, usize, usize);

/// A generation's struct.
struct Layout {
    size: usize,
    /// All but the partitions; what lies between the runs is padding, which is zeros.
    runs: &'static [Run],
    /// Where the partitions' structs begin, one after the other.
    partitions: usize,
    partition_size: usize,
    /// The parts of one.
    partition_runs: &'static [Run],
}

const V5: Layout = Layout {
    size: 96,
    runs: &[(0, 0, Metrics::GAP), (80, 80, 16)],
    partitions: 0,
    partition_size: 0,
    partition_runs: &[],
};

/// What every generation since ROCm 6.0 has alike.
macro_rules! since_6_0 {
    ($($more:expr),*) => {
        &[(0, 0, Metrics::GAP), (80, 80, 30), (112, 112, 18), (132, 132, 8), (144, 144, 280), $($more),*]
    };
}

const V6_0: Layout =
    Layout { size: 424, runs: since_6_0!(), partitions: 0, partition_size: 0, partition_runs: &[] };

const V6_3: Layout = Layout {
    size: 1832,
    runs: since_6_0!((424, 424, 50), (4512, 1824, 4)),
    partitions: 480,
    partition_size: 168,
    partition_runs: &[(0, 0, 96), (112, 96, 72)],
};

const V6_4: Layout = Layout {
    size: 2368,
    runs: since_6_0!((424, 424, 50), (4512, 2336, 4), (4520, 2344, 24)),
    partitions: 480,
    partition_size: 232,
    partition_runs: &[(0, 0, 96), (112, 96, 136)],
};

const V7_0: Layout = Layout {
    size: size_of::<rsmi_gpu_metrics_t>(),
    runs: since_6_0!((424, 424, 50), (4512, 4512, 4), (4520, 4520, 24)),
    partitions: 480,
    partition_size: size_of::<amdgpu_xcp_metrics_t>(),
    partition_runs: &[(0, 0, size_of::<amdgpu_xcp_metrics_t>())],
};

const _: () = {
    assert!(V5.is_sound() && V6_0.is_sound() && V6_3.is_sound() && V6_4.is_sound());
    assert!(V7_0.is_sound() && V7_0.size == 4544 && V7_0.partition_size == 504);
    assert!(offset_of!(rsmi_gpu_metrics_t, xcp_stats) == PARTITIONS_AT as usize);
};

impl Layout {
    /// Whether each run lies inside both structs, and the partitions inside the client's.
    #[allow(dead_code, reason = "older compilers do not see that constants call it")]
    const fn is_sound(&self) -> bool {
        const NEWEST: usize = size_of::<rsmi_gpu_metrics_t>();
        const PARTITION: usize = size_of::<amdgpu_xcp_metrics_t>();
        are_inside(self.runs, NEWEST, self.size)
            && are_inside(self.partition_runs, PARTITION, self.partition_size)
            && self.partitions + RSMI_MAX_NUM_XCP * self.partition_size <= self.size
    }

    const fn of(generation: Generation) -> &'static Self {
        match generation {
            Generation::V5 => &V5,
            Generation::V6_0 | Generation::V6_2 => &V6_0,
            Generation::V6_3 => &V6_3,
            Generation::V6_4 => &V6_4,
            Generation::V7_0 => &V7_0,
        }
    }

    /// Calls with each run of the whole struct.
    fn each_run(&self, mut with: impl FnMut(Run)) {
        const PARTITIONS: usize = std::mem::offset_of!(rsmi_gpu_metrics_t, xcp_stats);
        self.runs.iter().copied().for_each(&mut with);
        for nth in 0..RSMI_MAX_NUM_XCP {
            let from = PARTITIONS + nth * size_of::<amdgpu_xcp_metrics_t>();
            let to = self.partitions + nth * self.partition_size;
            for (newest, older, length) in self.partition_runs {
                with((from + newest, to + older, *length));
            }
        }
    }
}

#[allow(dead_code, reason = "as `is_sound`")]
const fn are_inside(runs: &[Run], newest: usize, client: usize) -> bool {
    let mut nth = 0;
    while nth < runs.len() {
        let (from, to, length) = runs[nth];
        if from + length > newest || to + length > client {
            return false;
        }
        nth += 1;
    }
    true
}

/// How many bytes all generations that are open have in the same places: those of the smallest, but
/// where the structs of partitions begin they differ, however large they are.
fn common(open: Open) -> usize {
    let mut sizes = open.iter().map(|generation| Layout::of(generation).size);
    let first = sizes.next().unwrap_or(V5.size);
    if sizes.all(|size| size == first) {
        return first;
    }
    first.min(offset_of!(rsmi_gpu_metrics_t, xcp_stats))
}

/// A table that is cut says so where clients look: its version is the newest whose members are all
/// there, and it has no partitions where it can say that but not show them.
fn admit(metrics: &mut rsmi_gpu_metrics_t, bytes: usize) {
    metrics.common_header = revision_within(metrics.common_header, bytes);
    if metrics.num_partition != u16::MAX {
        metrics.num_partition = 0;
    }
}

impl Client {
    /// Writes `gpu_metrics` as the caller's header has it, and not a byte more.
    pub(crate) fn put_metrics(self, out: Out<rsmi_gpu_metrics_t>, metrics: &mut Metrics) {
        if out.is_null() {
            return;
        }
        let layout = Layout::of(self.speaks);
        let bytes = common(self.open);
        if bytes < layout.size {
            cut_is_logged("rsmi_gpu_metrics_t", bytes);
            admit(&mut metrics.members, bytes);
        }
        let members = (&raw const metrics.members).cast::<u8>();
        let out = out.pointer().cast::<u8>();
        // SAFETY: the client answers for the struct of its header, and none that is open is shorter.
        unsafe { out.write_bytes(0, bytes) };
        layout.each_run(|(from, to, length)| {
            let length = length.min(bytes.saturating_sub(to));
            // SAFETY: the runs lie inside both structs, which `is_sound` proves, and no further than
            // all that are open go; ours is not the client's.
            unsafe { out.wrapping_add(to).copy_from_nonoverlapping(members.add(from), length) };
        });
        if self.speaks == Generation::V5 {
            // SAFETY: as above; the gap lies inside.
            unsafe { out.add(Metrics::GAP).cast::<u16>().write_unaligned(metrics.gap) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::metrics_table_header_t;
    const GENERATIONS: [(Generation, usize); 6] = [
        (Generation::V5, 96),
        (Generation::V6_0, 424),
        (Generation::V6_2, 424),
        (Generation::V6_3, 1832),
        (Generation::V6_4, 2368),
        (Generation::V7_0, 4544),
    ];

    /// A struct of which every member that is not padding has its offset as its number, and how it
    /// arrives in a buffer of a client.
    fn arrived(client: Client) -> Vec<u8> {
        let mut newest = vec![0u16; size_of::<rsmi_gpu_metrics_t>() / 2];
        for (at, half) in newest.iter_mut().enumerate() {
            *half = at as u16 * 2;
        }
        // SAFETY: as many bytes as the struct has, of integers alone; alignment does not matter.
        let members = unsafe { newest.as_ptr().cast::<rsmi_gpu_metrics_t>().read_unaligned() };
        let mut buffer = vec![0xA5; 8192];
        let mut metrics = Metrics { members, gap: 0xBEEF };
        // SAFETY: the buffer is larger than any generation's struct.
        client.put_metrics(unsafe { Out::new(buffer.as_mut_ptr().cast()) }, &mut metrics);
        buffer
    }

    fn half(buffer: &[u8], at: usize) -> usize {
        u16::from_le_bytes([buffer[at], buffer[at + 1]]).into()
    }

    #[test]
    fn not_a_byte_past_the_clients_struct() {
        for (generation, size) in GENERATIONS {
            let buffer = arrived(Client::of(generation));
            assert!(buffer[size..].iter().all(|byte| *byte == 0xA5), "{generation:?}");
            assert_ne!(buffer[size - 8..size], [0xA5; 8], "{generation:?} is filled to its end");
        }
    }

    #[test]
    fn members_that_every_generation_has_stay_where_they_are() {
        for (generation, size) in GENERATIONS {
            let buffer = arrived(Client::of(generation));
            let padding = [78..80, 110..112, 130..132, 140..144, 474..480];
            for at in (0..size.min(480)).step_by(2) {
                let expected = match padding.iter().any(|gap| gap.contains(&at)) {
                    true if generation == Generation::V5 => 0xBEEF,
                    true => 0,
                    false => at,
                };
                assert_eq!(half(&buffer, at), expected, "{generation:?}: {at}");
            }
        }
    }

    /// Offsets of the headers of 6.3, 6.4 and 7.x.
    #[test]
    fn the_others_are_where_the_clients_header_has_them() {
        const LAST: usize = 480 + 7 * 504;
        let newest = |member| move |partition: usize| partition + member;
        let jpeg = newest(offset_of!(amdgpu_xcp_metrics_t, jpeg_busy));
        let vcn = newest(offset_of!(amdgpu_xcp_metrics_t, vcn_busy));
        let busy = newest(offset_of!(amdgpu_xcp_metrics_t, gfx_busy_acc));
        let limit = newest(offset_of!(amdgpu_xcp_metrics_t, gfx_below_host_limit_acc));
        let recovery = offset_of!(rsmi_gpu_metrics_t, pcie_lc_perf_other_end_recovery);
        let bandwidth = offset_of!(rsmi_gpu_metrics_t, vram_max_bandwidth);
        let status = offset_of!(rsmi_gpu_metrics_t, xgmi_link_status);
        let expected: [(Generation, &[(usize, usize)]); 3] = [
            (
                Generation::V6_3,
                &[
                    (480 + 7 * 168 + 32, jpeg(LAST)),
                    (480 + 7 * 168 + 94, jpeg(LAST) + 62),
                    (480 + 7 * 168 + 96, vcn(LAST)),
                    (480 + 7 * 168 + 104, busy(LAST)),
                    (480 + 7 * 168 + 166, busy(LAST) + 62),
                    (1824, recovery),
                ],
            ),
            (
                Generation::V6_4,
                &[
                    (480 + 7 * 232 + 94, jpeg(LAST) + 62),
                    (480 + 7 * 232 + 96, vcn(LAST)),
                    (480 + 7 * 232 + 168, limit(LAST)),
                    (480 + 7 * 232 + 230, limit(LAST) + 62),
                    (2336, recovery),
                    (2344, bandwidth),
                    (2352, status),
                    (2366, status + 14),
                ],
            ),
            (
                Generation::V7_0,
                &[
                    (LAST + 110, jpeg(LAST) + 78),
                    (LAST + 112, vcn(LAST)),
                    (LAST + 502, LAST + 502),
                    (4512, recovery),
                    (4520, bandwidth),
                    (4542, status + 14),
                ],
            ),
        ];
        for (generation, members) in expected {
            let buffer = arrived(Client::of(generation));
            for (at, from) in members {
                assert_eq!(half(&buffer, *at), *from, "{generation:?}: {at}");
            }
        }
    }

    #[test]
    fn what_is_open_decides_how_far_is_written() {
        use Generation::{V5, V6_0, V6_2, V6_3, V6_4, V7_0};
        let expected = [
            (Open::ALL, 96),
            (Open::range(V5, V6_0), 96),
            (Open::since(V6_0), 424),
            (Open::range(V6_0, V6_2), 424),
            (Open::only(V6_2).or(Open::only(V7_0)), 424),
            (Open::since(V6_3), 480),
            (Open::range(V6_3, V6_4), 480),
            (Open::only(V6_4).or(Open::only(V7_0)), 480),
            (Open::only(V7_0), 4544),
        ];
        for (open, bytes) in expected {
            assert_eq!(common(open), bytes, "{open}");
            for speaks in open.iter() {
                let buffer = arrived(Client { open, speaks, by_hand: false });
                assert!(buffer[bytes..].iter().all(|byte| *byte == 0xA5), "{open} {speaks}");
                assert_ne!(buffer[bytes - 8..bytes], [0xA5; 8], "{open} is filled so far");
            }
        }
    }

    /// A table of a version, as a caller gets it of which this is open.
    fn header_and_partitions(version: (u8, u8), open: Open) -> (metrics_table_header_t, usize) {
        let table = crate::kernel::metrics::tests::table(version, &[]);
        let mut members = table.metrics();
        members.num_partition = 8;
        let mut metrics = Metrics { members, gap: 0 };
        let mut buffer = vec![0xA5; 8192];
        let client = Client::new(open, Open::ALL);
        // SAFETY: the buffer is larger than any generation's struct.
        client.put_metrics(unsafe { Out::new(buffer.as_mut_ptr().cast()) }, &mut metrics);
        // SAFETY: the header's bytes are there, of integers alone.
        let header = unsafe { buffer.as_ptr().cast::<metrics_table_header_t>().read_unaligned() };
        (header, half(&buffer, offset_of!(rsmi_gpu_metrics_t, num_partition)))
    }

    #[test]
    fn a_cut_table_is_of_the_version_that_fits() {
        let header = |structure_size, (format_revision, content_revision)| metrics_table_header_t {
            structure_size,
            format_revision,
            content_revision,
        };
        let since = Open::since;
        for (version, open, size, told, partitions) in [
            ((1, 8), Open::ALL, 96, (1, 1), 0xA5A5),
            ((1, 1), Open::ALL, 96, (1, 1), 0xA5A5),
            ((1, 0), Open::ALL, 80, (1, 0), 0xA5A5),
            ((1, 3), Open::ALL, 96, (1, 1), 0xA5A5),
            ((1, 3), since(Generation::V6_0), 120, (1, 3), 0xA5A5),
            ((1, 8), since(Generation::V6_0), 360, (1, 5), 0xA5A5),
            ((1, 8), since(Generation::V6_3), 360, (1, 5), 0),
            ((1, 8), since(Generation::V7_0), 3872, (1, 8), 8),
            ((2, 4), Open::ALL, 120, (2, 1), 0xA5A5),
            ((3, 0), Open::ALL, 264, (3, 0), 0xA5A5),
            ((2, 4), since(Generation::V6_0), 168, (2, 4), 0xA5A5),
        ] {
            let told = (header(size, told), partitions);
            assert_eq!(header_and_partitions(version, open), told, "{version:?} {open}");
        }
    }
}
