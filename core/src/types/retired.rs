//! What older headers have beside the functions: types and constants.

use super::{
    RSMI_MAX_NUM_CLKS, RSMI_MAX_NUM_GFX_CLKS, RSMI_MAX_NUM_JPEG_ENGS, RSMI_MAX_NUM_VCNS,
    RSMI_MAX_NUM_XGMI_LINKS, RSMI_NUM_HBM_INSTANCES, rsmi_memory_partition_type_t,
};

/// The temperature of each HBM stack, in degrees Celsius.
pub type GPUMetricTempHbm_t = [u16; RSMI_NUM_HBM_INSTANCES];
/// The activity of each video engine, in percent.
pub type GPUMetricVcnActivity_t = [u16; RSMI_MAX_NUM_VCNS];
/// The activity of each JPEG engine, in percent.
pub type GPUMetricJpegActivity_t = [u16; RSMI_MAX_NUM_JPEG_ENGS];
/// The data read over each XGMI link, in KB.
pub type GPUMetricXgmiReadDataAcc_t = [u64; RSMI_MAX_NUM_XGMI_LINKS];
/// The data written over each XGMI link, in KB.
pub type GPUMetricXgmiWriteDataAcc_t = [u64; RSMI_MAX_NUM_XGMI_LINKS];
/// The current graphics clock of each XCC, in MHz.
pub type GPUMetricCurrGfxClk_t = [u16; RSMI_MAX_NUM_GFX_CLKS];
/// The current SoC clocks, in MHz.
pub type GPUMetricCurrSocClk_t = [u16; RSMI_MAX_NUM_CLKS];
/// The current video clocks (VCLK), in MHz.
pub type GPUMetricCurrVClk0_t = [u16; RSMI_MAX_NUM_CLKS];
/// The current decoder clocks (DCLK), in MHz.
pub type GPUMetricCurrDClk0_t = [u16; RSMI_MAX_NUM_CLKS];

/// The name of rsmi_memory_partition_type_t in ROCm 5.6 and 5.7.
pub type rsmi_nps_mode_type_t = rsmi_memory_partition_type_t;
/// An older name of rsmi_nps_mode_type_t.
pub type rsmi_nps_mode_type = rsmi_nps_mode_type_t;

/// The format version of the gpu_metrics tables that ROCm 5 knew.
pub const RSMI_GPU_METRICS_API_FORMAT_VER: u8 = 1;
/// A content version of the gpu_metrics tables that ROCm 5 knew.
pub const RSMI_GPU_METRICS_API_CONTENT_VER_1: u8 = 1;
/// A content version of the gpu_metrics tables that ROCm 5 knew.
pub const RSMI_GPU_METRICS_API_CONTENT_VER_2: u8 = 2;
/// A content version of the gpu_metrics tables that ROCm 5 knew.
pub const RSMI_GPU_METRICS_API_CONTENT_VER_3: u8 = 3;

/// An event of ROCm 6.1 to 6.3. Its number was 5, which is RSMI_EVT_NOTIF_EVENT_MIGRATE_START now.
/// Here it is a number that no event has, so no event is mistaken for it.
pub const RSMI_EVT_NOTIF_RING_HANG: u32 = 63;
