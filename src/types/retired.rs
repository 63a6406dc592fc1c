//! What retired functions take: single members of gpu_metrics that are arrays, and the modes of the
//! memory under an older name.

use super::{
    RSMI_MAX_NUM_CLKS, RSMI_MAX_NUM_GFX_CLKS, RSMI_MAX_NUM_JPEG_ENGS, RSMI_MAX_NUM_VCNS,
    RSMI_MAX_NUM_XGMI_LINKS, RSMI_NUM_HBM_INSTANCES, rsmi_memory_partition_type_t,
};

/// Temperature of each memory stack, in degrees Celsius.
pub type GPUMetricTempHbm_t = [u16; RSMI_NUM_HBM_INSTANCES];
/// How busy each video engine is, in percent.
pub type GPUMetricVcnActivity_t = [u16; RSMI_MAX_NUM_VCNS];
/// How busy each JPEG engine is, in percent.
pub type GPUMetricJpegActivity_t = [u16; RSMI_MAX_NUM_JPEG_ENGS];
/// KB read over each link to another GPU.
pub type GPUMetricXgmiReadDataAcc_t = [u64; RSMI_MAX_NUM_XGMI_LINKS];
/// KB written over each link to another GPU.
pub type GPUMetricXgmiWriteDataAcc_t = [u64; RSMI_MAX_NUM_XGMI_LINKS];
/// Graphics clock of each compute chip, in MHz.
pub type GPUMetricCurrGfxClk_t = [u16; RSMI_MAX_NUM_GFX_CLKS];
/// Clocks of the rest of the chip, in MHz.
pub type GPUMetricCurrSocClk_t = [u16; RSMI_MAX_NUM_CLKS];
/// Clocks of the video engines, in MHz.
pub type GPUMetricCurrVClk0_t = [u16; RSMI_MAX_NUM_CLKS];
/// Clocks of the decoders, in MHz.
pub type GPUMetricCurrDClk0_t = [u16; RSMI_MAX_NUM_CLKS];

/// How the memory of a card is divided, under the name that ROCm 5.6 and 5.7 had for it.
pub type rsmi_nps_mode_type_t = rsmi_memory_partition_type_t;
/// Older spelling of rsmi_nps_mode_type_t.
pub type rsmi_nps_mode_type = rsmi_nps_mode_type_t;
