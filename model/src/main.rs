//! x
use symbolon_model::config::*;
use symbolon_model::*;
use symbolon_model::search::*;
fn main() {
    let P = Config::PLAIN;
    let t = |c: Config| { let s = std::time::Instant::now(); 
      let o = if c.mutant.is_some() {shortest(c)} else {exhaust(c)};
 println!("{} {:?} {} {} {}  {:?}", o.name, c.mutant, o.states, o.depth, o.exhausted, s.elapsed()); if let Some(r) = o.broken { if std::env::var("V").is_ok() {println!("{r}");} else {println!("broken in {} steps", r.steps.len()-1)} } };
    for a in std::env::args().skip(1) { match &*a {
     "1" => t(Config{name:"1n1c any crash",crashes:ANY,spare_ids:2,..P}),
     "2" => t(Config{name:"2n1c",nodes:2,..P}),
     "3" => t(Config{name:"2n1c drift",nodes:2,lease:2,margin:1,drift:true,hosts:true,..P}),
     "4" => t(Config{name:"2n2c",nodes:2,changes:2,..P}),
     "5" => t(Config{name:"1n2c1r all",nodes:1,changes:2,repeats:1,crashes:ANY,late:true,prune:true,reloads:true,spare_ids:2,..P}),
     "6" => t(Config{name:"1n2c drift",lease:2,margin:1,drift:true,hosts:true,changes:2,..P}),
     "7" => t(Config{name:"3n1c",nodes:3,..P}),
     "8" => t(Config{name:"1n2c all",nodes:1,changes:2,crashes:ANY,late:true,prune:true,reloads:true,spare_ids:2,..P}),
     "9" => t(Config{name:"1n1c fail",nodes:1,changes:1,failovers:1,prune:true,..P}),
     "look" => { let o = look(Config{failovers:1,..P}); println!("{o:?}"); }
     "m" => { use Mutant::*;
       let two = Config{name:"two changes",changes:2,..P};
       let dr = Config{name:"drift",lease:2,margin:1,drift:true,hosts:true,..P};
       for (m,c) in [(TimerFromCommit,two),(TimerBeforeCommit,P),(NodesBeforeCommit,P),(CountsRefreshed,two),
        (IdsReused,Config{changes:2,crashes:1,..P}),(RepeatAtOnce,Config{repeats:1,..P}),(LeaseBeforeApplying,P),(LeaseFromArrival,P),
        (RemovalIgnoresRenewals,two),(RemovalBeforeWaitEnds,two),(MarginTooSmall,dr),(LoadBeforeInsert,P),(OneIdForTwo,Config{nodes:2,..P}),
        (OlderSnapshot,Config{reloads:true,..P}),(LookupFirst,P),(NoSecondLook,P),(ClockStopsInSuspend,Config{hosts:true,..P}),(LongerLease,P),
        (AsynchronousReplica,Config{failovers:1,..P}),(RenewalsNotDurable,two),(AdoptionAtOnce,Config{failovers:1,..P})] {
         t(c.with(m)); t(c);
       }
     }
     _ => {} } }
}
