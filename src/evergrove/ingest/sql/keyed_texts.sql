-- keyed_texts --
-- The texts of a file as they came, and for each date the least that tells its day. Orders carry the second
-- of their purchase; read one by one, a million dates would be a million texts, read by key they are days.
--   date_key  the day, where a local time of day follows it; the quarter of an hour, where the moment must be
--             brought into the shop's zone (no zone is off by less); else the whole text
-- $is_utc: the header says that times without an offset are UTC.
-- Cheap tests come first: patterns are matched only on texts that might fit.
with
quartered as (
    select
        *,
        length(date_text) = 19 and substr(date_text, 14, 1) = ':' and substr(date_text, 17, 1) = ':' as is_full_time,
        length(date_text) >= 16 and substr(date_text, 14, 1) = ':' and substr(date_text, 5, 1) in ('-', '/') as has_padded_time,
        concat(
            left(date_text, 14),
            case
                when substr(date_text, 15, 2) < '15' then '00'
                when substr(date_text, 15, 2) < '30' then '15'
                when substr(date_text, 15, 2) < '45' then '30'
                else '45'
            end
        ) as quarter
    from ingest_incoming
)
select
    * exclude (is_full_time, has_padded_time, quarter),
    case
        when is_full_time and try_cast(date_text as timestamp) is not null and not $is_utc
            then left(date_text, 10)
        when has_padded_time then case
            when regexp_matches(
                date_text, '^[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[ T]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?$'
            )
                then case when $is_utc then quarter else left(date_text, 10) end
            when regexp_matches(
                date_text,
                '^[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]+)? ?(Z|[+-][0-9]{2}:?[0-9]{2})$'
            )
                then concat(quarter, ':00', regexp_extract(date_text, '(Z|[+-][0-9]{2}:?[0-9]{2})$', 1))
            else date_text
        end
        when contains(date_text, ':') then case
            when not $is_utc and regexp_matches(
                date_text, '^[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4} ([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$'
            )
                then split_part(date_text, ' ', 1)
            else date_text
        end
        when length(date_text) = 10 and regexp_matches(date_text, '^[0-9]{10}$')
            then cast(cast(floor(cast(date_text as bigint) / 900) as bigint) * 900 as varchar)
        when length(date_text) = 13 and regexp_matches(date_text, '^[0-9]{13}$')
            then cast(cast(floor(cast(date_text as bigint) / 900000) as bigint) * 900000 as varchar)
        when length(date_text) = 16 and regexp_matches(date_text, '^[0-9]{16}$')
            then cast(cast(floor(cast(date_text as bigint) / 900000000) as bigint) * 900000000 as varchar)
        else date_text
    end as date_key
from quartered
