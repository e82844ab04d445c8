//! Operators, each at a node of its own: they take tokens away and give others, and hear when it is so.

use std::sync::Arc;
use std::time::Duration;

use symbolon_core::id::TokenId;
use symbolon_core::record::Token;
use symbolon_core::store::StoreError;
use symbolon_core::token::NewSecret;

use super::{Node, Outside, Shared, now};
use crate::make;

impl Shared {
    /// Makes tokens, takes them away, switches them off and on, through one node.
    pub(super) async fn operate(self: Arc<Self>, node: Node) {
        let world = &self.world;
        while world.now() < self.ends {
            world.pause(world.between(Duration::from_millis(5), Duration::from_millis(400))).await;
            let mine = |outside: &Outside| -> Vec<TokenId> {
                let mine = outside.secrets.iter().filter(|(_, (_, of))| *of == node.number);
                mine.map(|(id, _)| *id).collect()
            };
            let (mine, any) = {
                let outside = self.outside.lock().unwrap();
                (mine(&outside), outside.secrets.keys().copied().collect::<Vec<_>>())
            };
            let pick = |of: &[TokenId]| {
                (!of.is_empty()).then(|| of[usize::try_from(world.below(of.len() as u64)).unwrap()])
            };
            match (world.below(4), pick(&mine), pick(&any)) {
                (0, ..) | (_, None, _) => self.give(&node).await,
                (1, _, Some(id)) => self.take_away(&node, id).await,
                (_, Some(id), _) => self.switch(&node, id).await,
            }
        }
    }

    async fn give(&self, node: &Node) {
        let world = &*self.world;
        let secret = NewSecret::generate(&"odin".parse().unwrap(), world);
        let token = Token {
            id: TokenId::new(now(), world),
            token_prefix: secret.text().token_prefix(),
            digest: Some((secret.text().digest(&self.keys.pepper), 1)),
            ..make::token(1, &self.owner)
        };
        let id = token.id;
        if let Ok(Ok((seq, epoch))) = node.line.call(|db| db.write(token)).await {
            self.outside.lock().unwrap().secrets.insert(id, (secret.reveal().to_owned(), node.number));
            let _ = self.settled(node, seq, epoch).await;
        }
    }

    /// Waits until it is so everywhere. A process that dies meanwhile answers nobody.
    async fn settled(&self, node: &Node, seq: u64, epoch: i64) -> Result<(), StoreError> {
        node.wake.notify_one();
        let open = Open(self);
        self.outside.lock().unwrap().open += 1;
        let settled = node.settling.settle(seq, epoch).await;
        drop(open);
        let told = &mut self.outside.lock().unwrap().told;
        match &settled {
            Ok(()) => told.acknowledged += 1,
            Err(_) => told.unknown += 1,
        }
        settled
    }

    async fn take_away(&self, node: &Node, id: TokenId) {
        let written = node
            .line
            .call(|db| {
                let before = db.tokens[&id].clone();
                if before.revoked_at.is_some() {
                    // So already: it may be so here and not everywhere (rule 7).
                    return db.ours().map(|()| (db.seq, db.epoch, true));
                }
                let gone =
                    Token { revoked_at: Some(now()), digest: None, revision: before.revision + 1, ..before };
                db.write(gone).map(|(seq, epoch)| (seq, epoch, false))
            })
            .await;
        let Ok(Ok((seq, epoch, repeated))) = written else { return };
        if self.settled(node, seq, epoch).await.is_ok() {
            let mut outside = self.outside.lock().unwrap();
            outside.told.repeated += u64::from(repeated);
            outside.gone.insert(id);
            outside.try_often(id);
            drop(outside);
            self.world.tell(|| format!("operator {} hears that {id} is gone, by {seq}", node.number));
        }
    }

    /// Switches a token of its own off or on. What it has heard nothing of it switches again.
    async fn switch(&self, node: &Node, id: TokenId) {
        // From here on it may be on again.
        self.outside.lock().unwrap().off.remove(&id);
        let written = node
            .line
            .call(|db| {
                let before = db.tokens[&id].clone();
                if before.revoked_at.is_some() {
                    return None;
                }
                let after = Token { disabled: !before.disabled, revision: before.revision + 1, ..before };
                let off = after.disabled;
                db.write(after).ok().map(|(seq, epoch)| (seq, epoch, off))
            })
            .await;
        let Ok(Some((seq, epoch, off))) = written else { return };
        if self.settled(node, seq, epoch).await.is_ok() && off {
            let mut outside = self.outside.lock().unwrap();
            outside.off.insert(id);
            outside.try_often(id);
            drop(outside);
            self.world.tell(|| format!("operator {} hears that {id} is off, by {seq}", node.number));
        }
    }
}

/// A mutation that waits, until it is answered or its process dies.
struct Open<'a>(&'a Shared);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.outside.lock().unwrap().open -= 1;
    }
}
