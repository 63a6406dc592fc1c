//! Every built-in machine, looked at as a whole.

use super::*;
use crate::files::Files;
use crate::load;
use crate::machine::{CHIPS, MACHINES};

fn machine(name: &str) -> (Files, Numbering) {
    let (_, text) = MACHINES.iter().find(|(known, _)| *known == name).expect("a built-in machine");
    let machine = load::load(name, text, CHIPS).unwrap_or_else(|error| panic!("{error}"));
    let numbers = Numbering::of(&machine).unwrap_or_else(|error| panic!("{name}: {error}"));
    let files = build(&machine, &numbers).unwrap_or_else(|error| panic!("{name}: {error}"));
    (files, numbers)
}

#[test]
fn every_link_of_every_machine_leads_somewhere() {
    for (name, _) in MACHINES {
        let (files, _) = machine(name);
        for link in files.links() {
            let link = link.to_str().expect("plain names");
            assert!(files.resolve(link).is_some(), "{name}: {link} leads nowhere");
        }
    }
}

#[test]
fn every_card_is_found_the_ways_that_libraries_look_for_it() {
    for (name, _) in MACHINES {
        let (files, numbers) = machine(name);
        for card in numbers.cards() {
            let path = format!("class/drm/card{}/device/drm/card{0}", card.card);
            assert!(files.resolve(&path).is_some(), "{name}: {path}");
            let Some(render) = card.render else { continue };
            let path = format!("class/drm/card{}/../renderD{render}", card.card);
            let direct = format!("class/drm/renderD{render}");
            assert_eq!(files.resolve(&direct), files.resolve(&path), "{name}: {path}");
        }
        for gpu in &numbers.gpus {
            for node in &gpu.nodes {
                let dir = format!("devices/virtual/kfd/kfd/topology/nodes/{}", node.index);
                let properties = files.text(&format!("{dir}/properties")).expect("properties");
                let minor = format!("\ndrm_render_minor {}\n", node.render);
                assert!(properties.contains(&minor), "{name}: {dir}");
                assert_eq!(files.text(&format!("{dir}/gpu_id")), Some(&*line(node.gpu_id)));
            }
        }
    }
}

#[test]
fn no_two_cards_of_a_machine_have_the_same_id_or_metrics() {
    for file in ["unique_id", "serial_number", "gpu_metrics"] {
        let mut pairs = 0;
        for (name, _) in MACHINES {
            let (files, numbers) = machine(name);
            let mut seen = std::collections::BTreeMap::new();
            for gpu in &numbers.gpus {
                let Some(card) = gpu.drm.first() else { continue };
                let path = format!("class/drm/card{}/device", card.card);
                let Some(dir) = files.resolve(&path) else { continue };
                let Some(bytes) = files.bytes(&dir.join(file)) else { continue };
                if let Some(twin) = seen.insert(bytes.to_vec(), card.card) {
                    panic!("{name}: {file} of cards {twin} and {} is the same", card.card);
                }
            }
            pairs += seen.len().saturating_sub(1);
        }
        assert!(pairs >= 10, "only {pairs} pairs of cards have {file}");
    }
}
