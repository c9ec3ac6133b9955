-- rejects --
-- Every rejected row: its file, the line it begins on, why, and its raw text.
select files.label as file, settled.line, settled.code, reasons.reason, coalesce(raw.raw, '') as raw
from ingest_settled as settled
inner join ingest_files as files on files.file = settled.file
left join ingest_reasons as reasons on reasons.code = settled.code
left join ingest_raw as raw on raw.file = settled.file and raw.line = settled.line
where settled.verdict = 'rejected'
union all
select files.label as file, faults.line, faults.code, reasons.reason, faults.raw
from ingest_faults as faults
inner join ingest_files as files on files.file = faults.file
left join ingest_reasons as reasons on reasons.code = faults.code
order by file, line
