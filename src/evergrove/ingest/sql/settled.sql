-- settled --
-- Every row with the one verdict it keeps: good, rejected or duplicate.
select
    judged.* exclude (code),
    case when verdicts.verdict = 'conflict' then 'ingest.conflict' else judged.code end as code,
    case
        when judged.code is not null or verdicts.verdict = 'conflict' then 'rejected'
        when verdicts.verdict = 'duplicate' then 'duplicate'
        else 'good'
    end as verdict
from ingest_judged as judged
left join ingest_verdicts as verdicts on verdicts.file = judged.file and verdicts.line = judged.line
