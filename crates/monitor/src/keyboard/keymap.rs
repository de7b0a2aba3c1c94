//! Which key asks for which action, where.

use super::{
    action::{Action, Context},
    key::Key,
};

/// A key, where it counts, and what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Binding {
    context: Context,
    key: Key,
    action: Action,
}

/// All keys.
#[derive(Debug, Clone)]
pub struct KeyMap {
    bindings: Vec<Binding>,
}

impl Default for KeyMap {
    /// The keys of the table of actions.
    fn default() -> Self {
        let mut bindings = Vec::new();
        for (make_action, spec) in Action::ROWS {
            for &(context, names) in spec.keys {
                // A test holds that every name in the table is a key's.
                let keys = names.split(' ').filter_map(|name| name.parse::<Key>().ok());
                bindings.extend((1..).zip(keys).map(|(position, key)| Binding {
                    context,
                    key,
                    action: make_action(position),
                }));
            }
        }
        Self { bindings }
    }
}

impl KeyMap {
    /// Gives an action other keys, wherever it has any.
    pub fn rebind(&mut self, action: Action, keys: &[Key]) {
        let mut contexts: Vec<(usize, Context)> = Vec::new();
        for (at, binding) in
            self.bindings.iter().enumerate().filter(|(_, binding)| binding.action == action)
        {
            if !contexts.iter().any(|(_, context)| *context == binding.context) {
                contexts.push((at, binding.context));
            }
        }
        // From the end, so that the places before stay where they are.
        for (at, context) in contexts.into_iter().rev() {
            let after = self
                .bindings
                .split_off(at)
                .into_iter()
                .filter(|binding| binding.action != action || binding.context != context);
            let after: Vec<Binding> = after.collect();
            self.bindings.extend(keys.iter().map(|&key| Binding { context, key, action }));
            self.bindings.extend(after);
        }
    }

    /// Two actions with the same key in the same place, if there are such.
    pub fn conflict(&self) -> Option<(Key, Action, Action)> {
        self.bindings.iter().enumerate().find_map(|(at, one)| {
            let meets = |other: &&Binding| {
                let always = one.context == Context::Always || other.context == Context::Always;
                other.key == one.key
                    && other.action != one.action
                    && (always || other.context == one.context)
            };
            self.bindings[at + 1..]
                .iter()
                .find(meets)
                .map(|other| (one.key, one.action, other.action))
        })
    }

    /// All keys of an action in a context.
    pub fn keys(&self, context: Context, action: Action) -> Vec<Key> {
        let found = self
            .bindings
            .iter()
            .filter(|binding| binding.context == context && binding.action == action);
        found.map(|binding| binding.key).collect()
    }

    /// What a key asks for where `context` is in front.
    pub fn action(&self, context: Context, key: Key) -> Option<Action> {
        let found = |context| {
            self.bindings.iter().find(|binding| binding.context == context && binding.key == key)
        };
        found(Context::Always).or_else(|| found(context)).map(|binding| binding.action)
    }

    /// The first key for an action.
    pub fn key(&self, action: Action) -> Option<Key> {
        self.bindings.iter().find(|binding| binding.action == action).map(|binding| binding.key)
    }

    /// The actions of a context in order, each with all its keys.
    pub fn actions(&self, context: Context) -> Vec<(Action, Vec<Key>)> {
        let mut out: Vec<(Action, Vec<Key>)> = Vec::new();
        for binding in self.bindings.iter().filter(|binding| binding.context == context) {
            match out.iter_mut().find(|(action, _)| *action == binding.action) {
                Some((_, keys)) => keys.push(binding.key),
                None => out.push((binding.action, vec![binding.key])),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_keys_and_every_name_is_a_keys() {
        for (make_action, spec) in Action::ROWS {
            assert!(!spec.keys.is_empty(), "{:?}", make_action(1));
            for name in spec.keys.iter().flat_map(|(_, names)| names.split(' ')) {
                assert_eq!(name.parse().map(|key: Key| key.to_string()), Ok(name.into()));
            }
        }
    }

    #[test]
    fn a_key_has_one_meaning_in_a_context() {
        let map = KeyMap::default();
        for (at, binding) in map.bindings.iter().enumerate() {
            let same = |other: &&Binding| {
                other.key == binding.key
                    && (other.context == binding.context || other.context == Context::Always)
            };
            assert_eq!(map.bindings.iter().filter(same).count(), 1, "{binding:?}, number {at}");
        }
    }

    #[test]
    fn keys_are_found() {
        let map = KeyMap::default();
        let action = |context, name: &str| map.action(context, name.parse().ok()?);
        assert_eq!(action(Context::Question, "Ctrl-C"), Some(Action::Interrupt));
        assert_eq!(action(Context::Main, "?"), Some(Action::Help));
        assert_eq!(action(Context::Main, "3"), Some(Action::Preset(3)));
        assert_eq!(action(Context::Main, "Q"), None);
    }
}
