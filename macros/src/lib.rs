//! What keeps the source plain for rustfmt, grep and cbindgen: the attributes `c_enum` and `export`,
//! `exports`, the list of what the library exports, and `guard` for the exports of another face.

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
/// The body becomes a safe function: where the parameter is `*mut T`, the body has an `Out<T>`; for
/// `*mut c_char` and the length behind it a `Text`, for `*const c_char` `Words`, and for the first of
/// `#[export(array: count)]`, whose length the second is or points to, an `Array<T>`. It runs inside
/// `crate::entry::exported`, which catches panics and writes the log, and finds out who calls. Beside
/// the function stands `__body_of_...`, which takes the address to which the call returns, too: that is
/// what the library exports under the function's name, see `exports`.
#[proc_macro_attribute]
pub fn export(args: TokenStream, item: TokenStream) -> TokenStream {
    match export_text(args, item) {
        // The body as it stands there: lints look at what a person wrote, and errors name its lines.
        Ok((text, body)) => {
            let before = expand(Ok(text));
            before.into_iter().chain([TokenTree::Group(body)]).collect()
        }
        Err(message) => expand(Err(message)),
    }
}

/// The exported symbols: `chapter { fn name(type, type); ... }` for each module of `rsmi_core::api`.
///
/// On x86-64 a symbol is a small door in front of the function (see `rsmi_core::door`), which passes
/// on the address to which the call returns; elsewhere it is a function that passes on nothing.
///
/// `marked fn` is exported under the name that our header gives it, too: whoever calls that was
/// compiled with our header.
#[proc_macro]
pub fn exports(list: TokenStream) -> TokenStream {
    expand(exports_text(list))
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

/// What a body has in the place of a parameter: its type, and the expression that makes it.
fn safe(parameter: (&str, &str), next: Option<&(String, String)>, array: Option<&str>) -> Safe {
    let (name, kind) = parameter;
    let made = |kind: &str, make: &str| {
        // SAFETY is that of the C contract, which the caller of the whole function keeps.
        Ok((format!("crate::out::{kind}"), format!("unsafe {{ crate::out::{make} }}")))
    };
    let Some(pointed) = kind.strip_prefix("*mut ") else {
        return match kind {
            "*const c_char" => made("Words<'_>", &format!("Words::new({name})")),
            _ => Ok((kind.to_owned(), name.to_owned())),
        };
    };
    if let Some(count) = array {
        let counted = next.is_some_and(|(_, kind)| kind == "*mut u32");
        let make = if counted { "counted" } else { "new" };
        return made(&format!("Array<{pointed}>"), &format!("Array::{make}({name}, {count})"));
    }
    match (pointed, next) {
        // Never followed.
        ("c_void", _) => Ok((kind.to_owned(), name.to_owned())),
        ("c_char", Some((len, kind))) if ["u32", "usize"].contains(&kind.as_str()) => {
            made("Text", &format!("Text::new({name}, {len} as usize)"))
        }
        ("c_char", _) => Err("no length stands behind a text".into()),
        (pointed, _) => made(&format!("Out<{pointed}>"), &format!("Out::new({name})")),
    }
}

type Safe = Result<(String, String), String>;

/// What stands before the body, and the body.
fn export_text(args: TokenStream, item: TokenStream) -> Result<(String, Group), String> {
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
    let array = match &args.into_iter().collect::<Vec<_>>()[..] {
        [] => None,
        [TokenTree::Ident(array), TokenTree::Punct(_), TokenTree::Ident(count)] => {
            Some((array.to_string(), count.to_string()))
        }
        _ => return Err("export takes nothing, or `array: count`".into()),
    };
    let named = |parameter: Vec<TokenTree>| match &parameter[..] {
        [TokenTree::Ident(name), TokenTree::Punct(_), kind @ ..] => {
            let kind = text_of(kind).replace("* ", "*");
            Ok((name.to_string(), kind))
        }
        _ => Err("a parameter of an export is `name: type`".to_owned()),
    };
    let list = split_commas(parameters.stream()).into_iter().map(named);
    let list = list.collect::<Result<Vec<_>, _>>()?;
    let [mut shown, mut typed, mut passed] = [const { String::new() }; 3];
    let [mut safely_typed, mut safely_passed] = [const { String::new() }; 2];
    for (at, (argument, kind)) in list.iter().enumerate() {
        let name = argument.trim_start_matches("r#");
        let _ = write!(shown, "(\"{name}\", &{argument} as &dyn ::core::fmt::Debug),");
        let _ = write!(typed, "{argument}: {kind},");
        let _ = write!(passed, "{argument},");
        let count = array.as_ref().filter(|(array, _)| array == argument);
        let of = |(_, count): &(String, String)| list.iter().find(|(name, _)| name == count);
        let next = if count.is_some() { count.and_then(of) } else { list.get(at + 1) };
        let count = count.map(|(_, count)| count.as_str());
        let (kind, made) = safe((argument, kind), next, count)?;
        let _ = write!(safely_typed, "{argument}: {kind},");
        let _ = write!(safely_passed, "{made},");
    }
    let mut kept = String::new();
    let mut no_mangle = false;
    for attribute in &attributes {
        // It is there for cbindgen: the symbol is that of `exports`.
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
    let text = format!(
        r#"
        {kept}
        #[allow(unsafe_code)]
        {head} {name} {parameters} {result} {{
            // SAFETY: as this function demands.
            unsafe {{ __body_of_{name}({passed} 0) }}
        }}
        #[doc(hidden)]
        #[allow(unsafe_code, clippy::undocumented_unsafe_blocks)]
        pub unsafe extern "C" fn __body_of_{name}({typed} __caller: usize) {result} {{
            crate::entry::exported(
                __caller,
                || crate::log::Call::begin("{name}", &[{shown}]),
                move || __safely_{name}({safely_passed}),
            )
        }}
        #[allow(unused_variables, non_snake_case)]
        fn __safely_{name}({safely_typed}) {result}
        "#
    );
    Ok((text, body.clone()))
}

/// Where the exported symbols are doors: elsewhere nothing can hold the version.
const DOOR: &str = r#"all(target_arch = "x86_64", feature = "symbol-version")"#;

/// What stands before a function's name where the header marks its call.
const MARK: &str = "rsmi_compat_7_0_";

/// Where the x86-64 ABI has the arguments of a function, in their order.
const REGISTERS: [&str; 6] = ["rdi", "rsi", "rdx", "rcx", "r8", "r9"];

/// A line of the list.
struct Export {
    name: String,
    /// The function's path without its name.
    chapter: String,
    types: Vec<String>,
    marked: bool,
}

fn exports_text(list: TokenStream) -> Result<String, String> {
    const SHAPE: &str = "exports takes `chapter { fn name(type, ..); .. }`";
    let mut text = String::new();
    let mut path = Vec::new();
    for token in list {
        match token {
            TokenTree::Group(lines) if lines.delimiter() == Delimiter::Brace => {
                let chapter = text_of(&std::mem::take(&mut path)).replace(' ', "");
                let mut line = Vec::new();
                for token in lines.stream() {
                    if !matches!(&token, TokenTree::Punct(p) if p.as_char() == ';') {
                        line.push(token);
                        continue;
                    }
                    let export = export_of(&line, &chapter).ok_or(SHAPE)?;
                    text.push_str(&symbols(&export)?);
                    line.clear();
                }
                if !line.is_empty() {
                    return Err(SHAPE.into());
                }
            }
            other => path.push(other),
        }
    }
    if path.is_empty() { Ok(text) } else { Err(SHAPE.into()) }
}

fn export_of(line: &[TokenTree], chapter: &str) -> Option<Export> {
    let (marked, line) = match line {
        [TokenTree::Ident(word), line @ ..] if word.to_string() == "marked" => (true, line),
        line => (false, line),
    };
    let [TokenTree::Ident(word), TokenTree::Ident(name), TokenTree::Group(types)] = line else {
        return None;
    };
    (word.to_string() == "fn").then(|| Export {
        name: name.to_string(),
        chapter: chapter.to_owned(),
        types: split_commas(types.stream()).iter().map(|tokens| text_of(tokens)).collect(),
        marked,
    })
}

/// The symbols of one function.
fn symbols(export: &Export) -> Result<String, String> {
    let Export { name, chapter, types, marked } = export;
    let Some(caller) = REGISTERS.get(types.len()) else {
        return Err("an export has five parameters at most: the door passes on one more".into());
    };
    let body = format!("rsmi_core::api::{chapter}::__body_of_{name}");
    let (mut typed, mut passed) = (String::new(), String::new());
    for (at, name) in types.iter().enumerate() {
        let _ = write!(typed, "a{at}: {name},");
        let _ = write!(passed, "a{at},");
    }
    let doors = doors(name, &body, caller, *marked);
    let plain = |symbol: &str, caller: &str| {
        format!(
            r#"
            #[cfg(not({DOOR}))]
            const _: () = {{
                #[unsafe(export_name = "{symbol}")]
                unsafe extern "C" fn exported({typed}) -> rsmi_status_t {{
                    // SAFETY: as the function itself.
                    unsafe {{ {body}({passed} {caller}) }}
                }}
            }};
            "#
        )
    };
    let mut text = doors + &plain(name, "0");
    if *marked {
        text += &plain(&format!("{MARK}{name}"), "rsmi_core::marked_call()");
    }
    // The list and the function agree, or it does not compile.
    let types: String = types.iter().map(|name| format!("{name},")).collect();
    let agree = "const _: unsafe extern \"C\" fn";
    Ok(text + &format!("{agree}({types} usize) -> rsmi_status_t = {body};"))
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
fn doors(name: &str, body: &str, caller: &str, marked: bool) -> String {
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
    let hull = if test.is_empty() { "" } else { "hull = sym rsmi_core::door::HULL," };
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
                marked_call = const rsmi_core::marked_call(),
                body = sym {body},
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
                body = sym {body},
            );
            {marked}
        }}
        "#,
        size = name.len() + 1,
    )
}
