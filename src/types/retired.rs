//! Types of the retired functions: arrays of gpu_metrics, and the memory partition modes under an
//! older name.

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
