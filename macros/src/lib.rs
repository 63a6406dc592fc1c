//! Two attributes that keep the source plain for rustfmt, grep and cbindgen: `c_enum` and `export`.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};
use std::fmt::Write as _;

/// A C enum in which every value is valid.
///
/// cbindgen reads the unexpanded `#[repr(C)] pub enum` and prints a C enum. rustc gets a
/// transparent newtype with one constant an enumerator, so that aliases are allowed and a number
/// that no header lists is an ordinary value. `#[c_enum(u64)]` sets another width than 32 bits.
#[proc_macro_attribute]
pub fn c_enum(args: TokenStream, item: TokenStream) -> TokenStream {
    expand(c_enum_text(&args, item))
}

/// A function of the C API.
///
/// The body runs inside `crate::entry::exported`, which catches panics and writes the log. On
/// x86-64 the exported symbol is a small door in front of it (see `crate::door`); elsewhere it is
/// the function itself.
#[proc_macro_attribute]
pub fn export(_args: TokenStream, item: TokenStream) -> TokenStream {
    expand(export_text(item))
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
        "#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)] #[repr(transparent)] pub struct {name}(pub {width}); \
         crate::entry::put_whole!({name}); \
         #[allow(dead_code)] impl {name} {{"
    );
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
    }
    out.push('}');
    Ok(out)
}

fn export_text(item: TokenStream) -> Result<String, String> {
    const SHAPE: &str = "export stands before `#[unsafe(no_mangle)] pub unsafe extern \"C\" fn rsmi_x(..) -> rsmi_status_t { .. }`";
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
    let mut arguments = String::new();
    for parameter in split_commas(parameters.stream()) {
        let Some(TokenTree::Ident(argument)) = parameter.first() else {
            return Err("a parameter of an export is `name: type`".into());
        };
        let shown = argument.to_string();
        let shown = shown.trim_start_matches("r#");
        let _ = write!(arguments, "(\"{shown}\", &{argument} as &dyn ::core::fmt::Debug),");
    }
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
    // libamd_smi always calls its rsmi_init before anything else: there the door looks the caller
    // up, elsewhere it only compares addresses.
    let test = if name.to_string() == "rsmi_init" {
        ""
    } else {
        r#"
            "mov r11, [rsp]",
            "cmp r11, [rip + {hull}]",
            "jb 2f",
            "cmp r11, [rip + {hull} + 8]",
            "jb 3f",
            "2:",
            "jmp {body}",
            "3:",
        "#
    };
    let hull = if test.is_empty() { "" } else { "hull = sym crate::door::HULL," };
    Ok(format!(
        r#"
        {kept}
        #[cfg_attr(not(target_arch = "x86_64"), unsafe(no_mangle))]
        {head} {name} {parameters} {result} {{
            crate::entry::exported(
                || crate::log::Call::begin("{name}", &[{arguments}]),
                move || {body},
            )
        }}
        #[cfg(target_arch = "x86_64")]
        const _: () = {{
            static NAME: [u8; {size}] = *b"{name}\0";
            #[unsafe(naked)]
            #[unsafe(export_name = "{name}")]
            unsafe extern "C" fn door() {{
                ::core::arch::naked_asm!(
                    crate::door::symbol_version!("{name}"),
                    {test}
                    "lea r10, [rip + {{name}}]",
                    "lea r11, [rip + {{body}}]",
                    "jmp {{slow}}",
                    {hull}
                    name = sym NAME,
                    body = sym {name},
                    slow = sym crate::door::slow,
                )
            }}
        }};
        "#,
        size = name.to_string().len() + 1,
    ))
}
