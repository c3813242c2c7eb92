//! The plugin of `docs/plugins/rust.md`: the guide shows the text between the two lines, so what it
//! shows compiles and does what it says.

// ---- lib.rs ----
use cordboard_plugin::{
    AgentColumn, Answer, Memo, Plugin, Problems, QueueId, Ranking, SkillMatch, SkillMatchFacts,
};

/// What `schema.json` describes.
#[derive(serde::Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Config {
    #[serde(default = "yes")]
    by_group: bool,
    /// Written as names, read as numbers.
    #[serde(default)]
    not_for: Vec<QueueId>,
}

fn yes() -> bool {
    true
}

/// Offers contacts to agents in turn.
#[derive(Debug)]
pub struct RoundRobin {
    by_group: bool,
    not_for: Vec<QueueId>,
}

cordboard_plugin::reasons! {
    /// Why an agent stands where it stands.
    pub enum Reason {
        /// Has not had a turn in this round.
        InTurn = 1 => "is next in turn",
        /// Waits for the next round.
        HadTurn = 2 => "has had a turn in this round",
    }
}

cordboard_plugin::export! {
    plugin: RoundRobin,
    points: [SkillMatch],
    reasons: Reason,
    config_schema: "guide/schema.json",
}

impl Plugin for RoundRobin {
    type Config = Config;

    fn configure(config: Config) -> Result<Self, Problems> {
        let mut problems = Problems::new();
        for (number, queue) in config.not_for.iter().enumerate() {
            if config
                .not_for
                .iter()
                .take(number)
                .any(|other| other == queue)
            {
                problems.add(format!("/not_for/{number}"), "this queue is named twice");
            }
        }
        problems.or(Self {
            by_group: config.by_group,
            not_for: config.not_for.to_vec(),
        })
    }
}

impl SkillMatch for RoundRobin {
    const READS: &'static [AgentColumn] = &[AgentColumn::GroupOrder];

    fn rank(
        &self,
        facts: &SkillMatchFacts<'_, Self>,
        ranking: &mut Ranking,
        memo: &mut Memo<'_>,
    ) -> Answer {
        if self.not_for.contains(&facts.contact().queue()) {
            return Answer::Abstain;
        }
        let last = memo.words().first().copied();
        let turn = facts.candidates().map(|candidate| {
            let agent = candidate.agent().0;
            let had_turn = last.is_some_and(|last| agent <= last);
            let group = if self.by_group {
                candidate.group_order()
            } else {
                0
            };
            ((group, had_turn, agent), candidate.index())
        });
        let mut turn: Vec<_> = turn.collect();
        turn.sort_unstable();
        for (place, ((_, had_turn, _), index)) in (0..).zip(&turn) {
            let reason = if *had_turn {
                Reason::HadTurn
            } else {
                Reason::InTurn
            };
            ranking.rank(*index, -place, reason);
        }
        if let Some(((_, _, agent), _)) = turn.first()
            && memo.write(&[*agent]).is_err()
        {
            cordboard_plugin::log!(Warn, "the turn is lost");
        }
        Answer::Decided
    }
}
// ---- end ----

mod tests {
    // ---- tests ----
    use super::*;
    use cordboard_plugin::AgentId;
    use cordboard_plugin::testing::{Candidate, MemoChange, Names, SkillMatchFacts, configure};

    fn agents<const COUNT: usize>(agents: [(u32, u32); COUNT]) -> SkillMatchFacts {
        let candidates = agents.map(|(agent, group_order)| Candidate {
            agent: AgentId(agent),
            group_order,
            ..Default::default()
        });
        SkillMatchFacts {
            candidates: candidates.to_vec(),
            ..Default::default()
        }
    }

    #[test]
    fn the_agent_after_the_last_one_is_next() {
        let plugin: RoundRobin = configure("{}", &Names::default()).unwrap();
        let mut facts = agents([(7, 0), (3, 0), (5, 0)]);
        facts.surroundings.memo = vec![3];
        let verdict = facts.rank(&plugin);
        assert_eq!(verdict.order(), [2, 0, 1]);
        assert_eq!(verdict.reason(1), Some(Reason::HadTurn.into()));
        assert_eq!(verdict.memo, MemoChange::Write(vec![5]));
    }
    // ---- end of tests ----

    #[test]
    fn an_earlier_group_comes_first_unless_told_otherwise() {
        let facts = agents([(3, 1), (7, 0)]);
        let order = |config| {
            let plugin: RoundRobin = configure(config, &Names::default()).unwrap();
            facts.rank(&plugin).order()
        };
        assert_eq!(order("{}"), [1, 0]);
        assert_eq!(order(r#"{ "by_group": false }"#), [0, 1]);
    }

    #[test]
    fn a_queue_that_is_left_out_stays_with_the_native_rule() {
        let names = Names::new(["support", "sales"]);
        let plugin: RoundRobin = configure(r#"{ "not_for": ["sales"] }"#, &names).unwrap();
        let mut facts = agents([(3, 0)]);
        facts.contact.queue = names.queue("sales");
        let verdict = facts.rank(&plugin);
        assert!(verdict.is_abstaining);
        assert_eq!(verdict.memo, MemoChange::Keep);
    }

    #[test]
    fn a_mistake_has_its_place() {
        let names = Names::new(["sales"]);
        let config = r#"{ "not_for": ["sales", "sales"] }"#;
        let problems = configure::<RoundRobin>(config, &names).unwrap_err();
        assert_eq!(problems.iter().next().unwrap().path, "/not_for/1");
    }

    #[test]
    fn the_guide_shows_this_code() {
        let guide = include_str!("../../../docs/plugins/rust.md");
        let here = include_str!("guide.rs");
        let part = |from: &str, to: &str| {
            let (_, rest) = here.split_once(&format!("// ---- {from} ----\n")).unwrap();
            let (part, _) = rest.split_once(&format!("// ---- {to} ----\n")).unwrap();
            part.trim_end().to_owned()
        };
        let code = part("lib.rs", "end").replace("guide/schema.json", "../schema.json");
        assert!(
            guide.contains(&code),
            "docs/plugins/rust.md shows other code"
        );
        let tests = part("tests", "end of tests");
        assert!(
            guide.contains(&tests),
            "docs/plugins/rust.md shows other tests"
        );
        let schema = include_str!("guide/schema.json").trim_end();
        assert!(
            guide.contains(schema),
            "docs/plugins/rust.md shows another schema"
        );
    }
}
