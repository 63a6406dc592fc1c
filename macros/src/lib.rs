//! Attributes that keep the source plain for rustfmt, grep and cbindgen: `c_enum`, `export`, and `guard`
//! for another face's exports.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};
use std::fmt::Write as _;

/// A C enum in which every value is valid.
///
/// cbindgen reads the unexpanded `#[repr(C)] pub enum` and prints a C enum. rustc gets a
/// transparent newtype with one constant an enumerator, so that aliases are allowed and a number
/// that no header lists is an ordinary value. `#[c_enum(u64)]` sets another width than 32 bits. The log
/// shows the first enumerator that has the value, or the number.
#[proc_macro_attribute]
pub fn c_enum(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(c_enum_text(&args, item))
}

/// A function of the C API.
///
/// The body runs inside `crate::entry::exported`, which catches panics and writes the log, and finds
/// out who calls. On x86-64 the exported symbol is a small door in front of it (see `crate::door`),
/// which passes on the address to which the call returns; elsewhere it is the function itself.
///
/// `#[export(marked)]` exports the function under the name that our header gives it, too: whoever
/// calls that was compiled with our header.
#[proc_macro_attribute]
pub fn export(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(export_text(&args, item))
}

/// A function of another C API: its body runs inside `crate::entry::exported`, which gets the function's
/// name, and the names and values of its arguments.
#[proc_macro_attribute]
pub fn guard(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(guard_text(&args, item))
}

fn expand(text: Result<String, String>) -> TokenStream {
    let text = text.unwrap_or_else(|message| format!("compile_error!({message:?});"));
    text.parse().unwrap_or_else(|error| {
        format!("compile_error!(\"the expansion does not parse: {error}\");")
            .parse()
            .expect("a compile_error! call parses")
    })
}

/// The attributes before an item, and the tokens after them.
fn split_attributes(tokens: Vec<TokenTree>) -> (Vec<Group>, Vec<TokenTree>) {
    let mut attributes = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    while matches!(rest.peek(), Some(TokenTree::Punct(p)) if p.as_char() == '#') {
        rest.next();
        match rest.next() {
            Some(TokenTree::Group(group)) => attributes.push(group),
            _ => break,
        }
    }
    (attributes, rest.collect())
}

/// Splits at the commas that stand outside every bracket, angle brackets included.
fn split_commas(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut parts = vec![Vec::new()];
    let mut depth = 0;
    for token in tokens {
        if let TokenTree::Punct(p) = &token {
            match p.as_char() {
                '<' => depth += 1,
                '>' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(Vec::new());
                    continue;
                }
                _ => {}
            }
        }
        parts.last_mut().expect("never empty").push(token);
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Whether an attribute is `#[name ...]`.
fn names(attribute: &Group, name: &str) -> bool {
    let first = attribute.stream().into_iter().next();
    matches!(first, Some(TokenTree::Ident(ident)) if ident.to_string() == name)
}

fn text_of(tokens: &[TokenTree]) -> String {
    tokens.iter().cloned().collect::<TokenStream>().to_string()
}

fn c_enum_text(args: &TokenStream, item: TokenStream) -> Result<String, String> {
    let width = match args.to_string().as_str() {
        "" => "u32".to_owned(),
        width => width.to_owned(),
    };
    let (attributes, rest) = split_attributes(item.into_iter().collect());
    let [.., TokenTree::Ident(name), TokenTree::Group(body)] = rest.as_slice() else {
        return Err("c_enum stands before `pub enum name { A = 0, ... }`".into());
    };
    let mut out = String::new();
    for attribute in &attributes {
        if !names(attribute, "repr") {
            let _ = write!(out, "#{attribute} ");
        }
    }
    let _ = write!(
        out,
        "#[derive(Clone, Copy, PartialEq, Eq, Hash)] #[repr(transparent)] pub struct {name}(pub {width}); \
         crate::put::put_whole!({name}); \
         #[allow(dead_code)] impl {name} {{"
    );
    let mut shown = String::new();
    for part in split_commas(body.stream()) {
        let (docs, variant) = split_attributes(part);
        let [TokenTree::Ident(variant), TokenTree::Punct(_), value @ ..] = variant.as_slice()
        else {
            return Err("every enumerator of a c_enum has a value".into());
        };
        let value = match value {
            [TokenTree::Ident(alias)] => format!("Self::{alias}.0"),
            tokens => text_of(tokens),
        };
        for doc in &docs {
            let _ = write!(out, "#{doc} ");
        }
        let _ = write!(out, "pub const {variant}: Self = Self({value});");
        let _ = write!(shown, "(Self::{variant}, \"{variant}\"),");
    }
    let _ = write!(
        out,
        "}} impl ::core::fmt::Debug for {name} {{ \
             fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {{ \
                 const NAMES: &[({name}, &str)] = &[{shown}]; \
                 match NAMES.iter().find(|(value, _)| value == self) {{ \
                     Some((_, name)) => f.write_str(name), \
                     None => ::core::fmt::Debug::fmt(&self.0, f), \
                 }} \
             }} \
         }}",
        shown = shown.replace("Self::", &format!("{name}::"))
    );
    Ok(out)
}

/// Where the exported symbols are doors: elsewhere nothing can hold the version.
const DOOR: &str = r#"all(target_arch = "x86_64", feature = "symbol-version")"#;

/// What stands before a function's name where the header marks its call.
const MARK: &str = "rsmi_compat_7_0_";

/// Where the x86-64 ABI has the arguments of a function, in their order.
const REGISTERS: [&str; 6] = ["rdi", "rsi", "rdx", "rcx", "r8", "r9"];

fn export_text(args: &TokenStream, item: TokenStream) -> Result<String, String> {
    const SHAPE: &str = "export stands before `#[unsafe(no_mangle)] pub unsafe extern \"C\" fn rsmi_x(..) -> rsmi_status_t { .. }`";
    let marked = match args.to_string().as_str() {
        "" => false,
        "marked" => true,
        _ => return Err("export takes nothing but `marked`".into()),
    };
    let (attributes, rest) = split_attributes(item.into_iter().collect());
    let fn_at = rest
        .iter()
        .position(|token| matches!(token, TokenTree::Ident(i) if i.to_string() == "fn"))
        .ok_or(SHAPE)?;
    let [TokenTree::Ident(name), TokenTree::Group(parameters), result @ .., TokenTree::Group(body)] =
        &rest[fn_at + 1..]
    else {
        return Err(SHAPE.into());
    };
    if body.delimiter() != Delimiter::Brace || text_of(result) != "-> rsmi_status_t" {
        return Err(SHAPE.into());
    }
    let mut shown = String::new();
    let mut typed = String::new();
    let mut passed = String::new();
    let parameters_of = split_commas(parameters.stream());
    for parameter in &parameters_of {
        let Some(TokenTree::Ident(argument)) = parameter.first() else {
            return Err("a parameter of an export is `name: type`".into());
        };
        let argument = argument.to_string();
        let name = argument.trim_start_matches("r#");
        let _ = write!(shown, "(\"{name}\", &{argument} as &dyn ::core::fmt::Debug),");
        let _ = write!(typed, "{},", text_of(parameter));
        let _ = write!(passed, "{argument},");
    }
    let Some(caller) = REGISTERS.get(parameters_of.len()) else {
        return Err("an export has five parameters at most: the door passes on one more".into());
    };
    let mut kept = String::new();
    let mut no_mangle = false;
    for attribute in &attributes {
        if attribute.to_string().replace(' ', "") == "[unsafe(no_mangle)]" {
            no_mangle = true;
        } else {
            let _ = write!(kept, "#{attribute} ");
        }
    }
    if !no_mangle {
        return Err(SHAPE.into());
    }
    let head = text_of(&rest[..=fn_at]);
    let result = text_of(result);
    let name = name.to_string();
    let doors = doors(&name, caller, marked);
    let elsewhere = if marked {
        format!(
            r#"
            #[cfg(not({DOOR}))]
            const _: () = {{
                #[unsafe(export_name = "{MARK}{name}")]
                unsafe extern "C" fn marked({typed}) {result} {{
                    // SAFETY: as the function itself.
                    unsafe {{ __body_of_{name}({passed} crate::client::MARKED_CALL) }}
                }}
            }};
            "#
        )
    } else {
        String::new()
    };
    Ok(format!(
        r#"
        {kept}
        #[cfg_attr(not({DOOR}), unsafe(no_mangle))]
        {head} {name} {parameters} {result} {{
            // SAFETY: as this function demands.
            unsafe {{ __body_of_{name}({passed} 0) }}
        }}
        unsafe extern "C" fn __body_of_{name}({typed} __caller: usize) {result} {{
            crate::entry::exported(
                __caller,
                || crate::log::Call::begin("{name}", &[{shown}]),
                move || {body},
            )
        }}
        {doors}
        {elsewhere}
        "#
    ))
}

fn guard_text(args: &TokenStream, item: TokenStream) -> Result<String, String> {
    const SHAPE: &str = "guard stands before `#[unsafe(no_mangle)] pub unsafe extern \"C\" fn name(..) -> T { .. }`";
    if !args.is_empty() {
        return Err("guard takes nothing".into());
    }
    let tokens: Vec<TokenTree> = item.into_iter().collect();
    let is_fn = |token: &TokenTree| matches!(token, TokenTree::Ident(i) if i.to_string() == "fn");
    let fn_at = tokens.iter().position(is_fn).ok_or(SHAPE)?;
    let [TokenTree::Ident(name), TokenTree::Group(parameters), .., TokenTree::Group(body)] =
        &tokens[fn_at + 1..]
    else {
        return Err(SHAPE.into());
    };
    let mut shown = String::new();
    for parameter in split_commas(parameters.stream()) {
        let Some(TokenTree::Ident(argument)) = parameter.first() else {
            return Err("a parameter of an export is `name: type`".into());
        };
        let _ = write!(shown, "(\"{argument}\", &{argument} as &dyn ::core::fmt::Debug),");
    }
    let head = text_of(&tokens[..tokens.len() - 1]);
    Ok(format!(r#"{head} {{ crate::entry::exported("{name}", &[{shown}], move || {body}) }}"#))
}

/// What stands before and behind the code of an exported symbol. The version in `.symver` is what
/// exports it: rustc has no word in it, and LLD takes versions from there.
fn around(name: &str) -> (String, String) {
    let head = format!(
        r#"
        ".pushsection .text.{name}, \"ax\", @progbits",
        ".p2align 4",
        ".globl {name}",
        ".type {name}, @function",
        "{name}:",
        ".symver {name}, {name}@@RSMI_COMPAT_1",
        "#
    );
    (head, format!(r#"".size {name}, . - {name}", ".popsection","#))
}

/// The exported symbols of a function on x86-64. `caller` is the register in which its body expects
/// the address to which the call returns.
fn doors(name: &str, caller: &str, marked: bool) -> String {
    // libamd_smi always calls its rsmi_init before anything else: there the door looks the caller
    // up, elsewhere it only compares addresses.
    let test = if name == "rsmi_init" {
        ""
    } else {
        r#"
            "cmp {caller}, [rip + {hull}]",
            "jb 2f",
            "cmp {caller}, [rip + {hull} + 8]",
            "jb 3f",
            "2:",
            "jmp {body}",
            "3:",
        "#
    };
    let test = test.replace("{caller}", caller);
    let hull = if test.is_empty() { "" } else { "hull = sym crate::door::HULL," };
    // No library of AMD's was compiled with our header: nobody is to be sent elsewhere.
    let marked = if marked {
        let (head, tail) = around(&format!("{MARK}{name}"));
        format!(
            r#"
            ::core::arch::global_asm!(
                {head}
                "mov {caller}, {{marked_call}}",
                "jmp {{body}}",
                {tail}
                marked_call = const crate::client::MARKED_CALL,
                body = sym super::__body_of_{name},
            );
            "#
        )
    } else {
        String::new()
    };
    let (head, tail) = around(name);
    format!(
        r#"
        #[cfg({DOOR})]
        mod __door_of_{name} {{
            static NAME: [u8; {size}] = *b"{name}\0";
            ::core::arch::global_asm!(
                {head}
                "mov {caller}, [rsp]",
                {test}
                "lea r10, [rip + {{name}}]",
                "lea r11, [rip + {{body}}]",
                "jmp rsmi_compat_door_slow",
                {tail}
                {hull}
                name = sym NAME,
                body = sym super::__body_of_{name},
            );
            {marked}
        }}
        "#,
        size = name.len() + 1,
    )
}
