//! Decision-only use: the program has its own calls, chats or mails, and Cordboard says who gets
//! which. No async runtime, no network: contacts and agents go in, offers come out.
//!
//! Run it with `cargo run --release --example decision_only`. It needs none of the crate's default
//! features: `default-features = false` leaves tokio and the rest of the edge out.
#![expect(clippy::print_stdout, reason = "it shows what happens")]

use cordboard::config::{Memory, compile};
use cordboard::core::Event;
use cordboard::events::Item;
use cordboard::{Contact, Engine, MemoryDisk};

const CONFIG: &str = r#"{
  "version": 1,
  "tenant": "chat-desk",
  "queues": {
    "chat": {
      "requirements": [{ "skill": "chat", "minimum": 40 }],
      "groups": [{ "group": "desk" }],
      "max_wait_seconds": 600,
      "exits": { "max_wait": { "end": true }, "no_agents": { "end": true }, "closed": { "end": true } }
    }
  },
  "groups": { "desk": ["anna", "ben", "carla"] },
  "agents": {
    "anna": { "skills": { "chat": 80 } },
    "ben": { "skills": { "chat": 50 } },
    "carla": { "skills": { "mail": 90 } }
  }
}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config =
        compile(CONFIG, None, &Memory::default()).map_err(|problems| format!("{problems:?}"))?;
    let engine = Engine::builder(config)
        .journal_in_memory(MemoryDisk::with_random_nonce()?)
        .build()?;
    let mut events = engine.events().subscribe(None);
    for agent in ["anna", "ben", "carla"] {
        engine.agent(agent)?.ready().wait()?;
    }
    for chat in ["chat-1", "chat-2", "chat-3"] {
        let call = engine.submit_contact(Contact::new(chat, "chat"))?.wait()?;
        println!("{chat} is call {call}");
    }

    let config = engine.config();
    let mut talking = 0;
    while let Some(delivery) = events.wait() {
        let Item::Event(event) = delivery.item else {
            break;
        };
        match &event.event {
            Event::OfferIssued { offer, agent, .. } => {
                let name = config.symbols.name(agent.0);
                println!(
                    "{}: call {} is offered to {name}, who takes it",
                    event.cursor, offer.call
                );
                engine.agent(name)?.accept(*offer).wait()?;
            }
            Event::CallConnected { call, agent, .. } => {
                let name = config.symbols.name(agent.0);
                println!("{}: call {call} is {name}'s", event.cursor);
                talking += 1;
                if talking == 3 {
                    break;
                }
                // The third chat waits until somebody is done.
                if talking == 2 {
                    engine.agent(name)?.call(*call).end().wait()?;
                }
            }
            _ => {}
        }
    }
    engine.shutdown()?;
    Ok(())
}
