//! The numbers by which the system identifies a device.

/// The numbers by which the system identifies a device.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct rsmi_device_identifiers_t {
    /// N of /dev/dri/cardN.
    pub card_index: u32,
    /// N of /dev/dri/renderDN.
    pub drm_render_minor: u32,
    /// The PCI address, as rsmi_dev_pci_id_get() returns it.
    pub bdfid: u64,
    /// The id that the compute driver (KFD) gave the device.
    pub kfd_gpu_id: u64,
    /// The number of the partition in its GPU.
    pub partition_id: u32,
    /// The index `dv_ind` of the device.
    pub smi_device_id: u32,
    /// Reserved. No function writes this member.
    pub reserved: [u32; 10],
}

assert_layout!(rsmi_device_identifiers_t: 72 {
    card_index: 0,
    drm_render_minor: 4,
    bdfid: 8,
    kfd_gpu_id: 16,
    partition_id: 24,
    smi_device_id: 28,
    reserved: 32,
});
