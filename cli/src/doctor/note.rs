//! What the command is itself, as a client of the library: compiled with the newest rocm_smi.h.
//!
//! It looks the functions up, so a note in its file says it, as it does for any program that includes
//! our header.

std::arch::global_asm!(
    ".pushsection .note.rsmi_compat, \"a\", %note",
    ".balign 4",
    ".long 12, 1, {kind}",
    ".ascii \"rsmi_compat\\0\"",
    ".byte {bits}, 0, 0, 0",
    ".popsection",
    kind = const rsmi_generations::NOTE_OF_HEADER,
    bits = const rsmi_generations::Open::only(rsmi_generations::Generation::NEWEST).bits(),
);
