-- known_verdicts --
-- Orders of this import that change nothing of what is known: changed, a conflict; or duplicate, where the version is older
-- than the one that holds, or says the same.
-- $seq: of this import.
select order_key, 'duplicate' as verdict
from fact_repeated
where not differs
union all
select
    order_key,
    case when is_conflict then 'changed' else 'duplicate' end as verdict
from fact_standing
where import_seq = $seq and (is_conflict or nth_newest > 1 or coalesce(said = said_before, false))
