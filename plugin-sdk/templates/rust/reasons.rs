cordboard_plugin::reasons! {
    /// Why something was decided: decision records keep the numbers, the manifest has the texts.
    pub enum Reason {
{{reasons}}
    }
}

