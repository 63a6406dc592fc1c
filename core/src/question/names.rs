//! Names, and what else stands in the board's data.

use super::agreement::converted;
use super::{Agreement, First, Question, Why, equal};
use crate::amdsmi::abi::{asic_info, board_info, vbios_info};
use crate::amdsmi::{self, Release};
use crate::gpu::{self, Gpu};
use crate::kernel::number;
use crate::layout::Member;
use crate::told::Told;
use std::borrow::Cow;

type Text<'g> = Cow<'g, [u8]>;

/// A text of board_info. 6.1.2 leaves the end of the file's line in it.
fn board_text(at: &amdsmi::Device, member: &'static Member<Release>) -> Told<Vec<u8>> {
    at.ask_anyway(
        |s| s.amdsmi_get_gpu_board_info,
        |handle, room| (handle, room.record(0)),
        |written| {
            let text = written.words(member)?.trim_ascii_end();
            (!text.is_empty()).then(|| text.to_vec())
        },
    )
}

/// 10.1 ends the process over a file of the board that the driver refuses to read.
fn board_hazard(at: &Gpu) -> Option<String> {
    at.refuses_the_board().then(|| "the driver refuses to read what it knows of the board".into())
}

fn vbios_part_number(at: &amdsmi::Device) -> Told<Vec<u8>> {
    at.ask(
        |s| s.amdsmi_get_gpu_vbios_info,
        |handle, room| (handle, room.record(0)),
        |written| written.words(&vbios_info::part_number).map(<[u8]>::to_vec),
    )
}

const HEXADECIMAL: &str = "the hexadecimal digits that it begins with to a number";

/// What the board's part number begins with, read as a hexadecimal number.
#[derive(Debug)]
pub(crate) struct Sku;

impl Question<'_> for Sku {
    type Value = u16;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<u16> {
        board_text(at, &board_info::model_number)
            .map(|text| converted(HEXADECIMAL, || number::lenient(&text, 16)))
            .map(|number| u16::try_from(number).unwrap_or(0))
            .filter(|sku| *sku != 0)
    }

    fn kernel(&self, at: &Gpu) -> Told<u16> {
        at.sku().into()
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        board_hazard(at)
    }

    equal!();
}

#[derive(Debug)]
pub(crate) struct SerialNumber;

impl<'g> Question<'g> for SerialNumber {
    type Value = Text<'g>;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Text<'g>> {
        board_text(at, &board_info::product_serial).map(Cow::Owned)
    }

    fn kernel(&self, at: &'g Gpu) -> Told<Text<'g>> {
        at.serial_number().map(Cow::Borrowed).into()
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        board_hazard(at)
    }

    equal!();
}

/// The version of the VBIOS, which is the part number of the board.
#[derive(Debug)]
pub(crate) struct VbiosVersion;

impl<'g> Question<'g> for VbiosVersion {
    type Value = Text<'g>;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Text<'g>> {
        vbios_part_number(at).map(Cow::Owned)
    }

    fn kernel(&self, at: &'g Gpu) -> Told<Text<'g>> {
        at.vbios_version().map(Cow::Borrowed).into()
    }

    equal!();
}

/// The product name that the board's data hold, else the device's in pci.ids.
#[derive(Debug)]
pub(crate) struct DeviceName;

impl<'g> Question<'g> for DeviceName {
    type Value = Text<'g>;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Text<'g>> {
        board_text(at, &board_info::product_name).map(Cow::Owned).or_unknown()
    }

    fn kernel(&self, at: &'g Gpu) -> Told<Text<'g>> {
        Told::from(at.name()).map(Cow::Borrowed)
    }

    fn hazard(&self, at: &Gpu) -> Option<String> {
        board_hazard(at)
    }

    equal!();
}

/// The name that libdrm knows.
#[derive(Debug)]
pub(crate) struct MarketName;

impl<'g> Question<'g> for MarketName {
    type Value = Text<'g>;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Text<'g>> {
        at.ask(
            |s| s.amdsmi_get_gpu_asic_info,
            |handle, room| (handle, room.record(0)),
            |written| Some(Cow::Owned(written.words(&asic_info::market_name)?.to_vec())),
        )
    }

    fn kernel(&self, at: &'g Gpu) -> Told<Text<'g>> {
        at.market_name().map(Cow::Borrowed).into()
    }

    // Older releases have the names of chips in its place, newer ones where libdrm has none.
    const AGREE: Agreement<Text<'g>> =
        Agreement::new("both a name, or both empty", |amdsmi, kernel| {
            amdsmi.is_empty() == kernel.is_empty()
        });
}

/// A text of a function that takes the length of the client's buffer.
const NAME: usize = 256;

#[derive(Debug)]
pub(crate) struct VendorName;

impl<'g> Question<'g> for VendorName {
    type Value = Text<'g>;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Text<'g>> {
        at.ask(
            |s| s.amdsmi_get_gpu_vendor_name,
            |handle, room| (handle, room.text(NAME), NAME),
            |written| Some(Cow::Owned(written.text(0, NAME)?.to_vec())),
        )
    }

    fn kernel(&self, at: &'g Gpu) -> Told<Text<'g>> {
        Told::from(at.vendor_name()).map(Cow::Borrowed)
    }

    equal!();
}

#[derive(Debug)]
pub(crate) struct SubsystemName;

impl<'g> Question<'g> for SubsystemName {
    type Value = Text<'g>;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Text<'g>> {
        at.ask(
            |s| s.amdsmi_get_gpu_subsystem_name,
            |handle, room| (handle, room.text(NAME), NAME),
            |written| Some(Cow::Owned(written.text(0, NAME)?.to_vec())),
        )
    }

    fn kernel(&self, at: &'g Gpu) -> Told<Text<'g>> {
        Told::from(at.subsystem_name()).map(Cow::Borrowed)
    }

    equal!();
}

#[derive(Debug)]
pub(crate) struct VramVendor;

impl<'g> Question<'g> for VramVendor {
    type Value = Text<'g>;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Text<'g>> {
        at.ask(
            |s| s.amdsmi_get_gpu_vram_vendor,
            |handle, room| (handle, room.text(NAME), NAME as u32),
            |written| {
                // Newer releases write it in capitals, and this where the driver has none.
                let name = written.text(0, NAME)?;
                let name = converted("to lower case", || name.to_ascii_lowercase());
                (!name.is_empty() && name != b"unknown").then_some(Cow::Owned(name))
            },
        )
    }

    fn kernel(&self, at: &'g Gpu) -> Told<Text<'g>> {
        at.vram_vendor().map(Cow::Borrowed).into()
    }

    equal!();
}

/// The brand that the VBIOS's version stands for; None where the name has to serve.
#[derive(Debug)]
pub(crate) struct Brand;

impl Question<'_> for Brand {
    type Value = Option<&'static [u8]>;
    const FIRST: First = First::Kernel(Why::AtInit);

    fn amdsmi(&self, at: &amdsmi::Device) -> Told<Self::Value> {
        vbios_part_number(at)
            .map(|vbios| converted("to the brand that it stands for", || gpu::brand_of(&vbios)))
    }

    fn kernel(&self, at: &Gpu) -> Told<Self::Value> {
        at.brand().into()
    }

    equal!();
}
