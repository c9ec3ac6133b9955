-- health_by_stage --
-- One row per stage with customers who bought: how they are doing tonight, and how many will probably leave the stage.
--   median_health   of them
--   below           with a health below $limit
--   leaving         expected number who are in decline or churned in 30 days, from decline who are churned; NULL where
--                   no chance is known
--   leaving_90      the same in 90 days
--   reason          the component that most often takes most from those below the limit; NULL where nobody is
with
joined as (
    select tiers.stage, health.*
    from health
    inner join tiers on health.customer_id = tiers.customer_id
    where tiers.stage is not null
),
reasons as (
    select
        stage,
        health_reason,
        row_number() over (partition by stage order by count(*) desc, health_reason) as nth
    from joined
    where health < $limit and health_reason is not null
    group by stage, health_reason
),
stages as (
    select
        stage,
        cast(count(*) as bigint) as customers,
        median(health) as median_health,
        cast(sum(case when health < $limit then 1 else 0 end) as bigint) as below,
        sum(p_leave_stage_30d) as leaving,
        sum(p_leave_stage_90d) as leaving_90
    from joined
    group by stage
)
select
    stages.stage,
    stages.customers,
    stages.median_health,
    stages.below,
    stages.leaving,
    stages.leaving_90,
    reasons.health_reason as reason
from stages
left join reasons on stages.stage = reasons.stage and reasons.nth = 1
order by stages.stage
