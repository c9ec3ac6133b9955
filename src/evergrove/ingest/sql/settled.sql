-- settled --
-- Every row with the one verdict it keeps: good, rejected or duplicate.
select
    judged.* exclude (code),
    case verdicts.verdict
        when 'conflict' then 'ingest.conflict'
        when 'changed' then 'ingest.changed_order'
        else judged.code
    end as code,
    case
        when judged.code is not null or verdicts.verdict in ('conflict', 'changed') then 'rejected'
        when verdicts.verdict = 'duplicate' then 'duplicate'
        else 'good'
    end as verdict
from ingest_judged as judged
left join ingest_verdicts as verdicts on verdicts.file = judged.file and verdicts.line = judged.line
