-- target_referral_conversion --
-- Customers who registered in the quarter that ended 30 days before $end, and how many of them placed a first order
-- within 30 days; referred are those whom a customer had sent.
--   referred  the source of the registration, or of the latest event of the 30 days before it that names one, is one
--             of referral, referred, refer, invite, invitation, friend, 推荐, 转介绍, 邀请, 推薦, 轉介紹, 邀請
-- Who had ordered before registering is no new customer, and is left out.
with
registrations as (
    select customer_id, min(happened_at) as registered_at
    from events
    where customer_id is not null
        and lower(trim(kind)) in (
            'register', 'registered', 'registration', 'signup', 'sign_up', 'sign up', '注册', '註冊', '加入会员', '加入會員'
        )
    group by customer_id
),
cohort as (
    select customer_id, cast(registered_at as date) as registered_on
    from registrations
    where cast(registered_at as date) > $start - 30 and cast(registered_at as date) <= $end - 30
),
named as (
    select
        cohort.customer_id,
        lower(trim(events.source)) as source,
        row_number() over (
            partition by cohort.customer_id
            order by events.happened_at desc, lower(trim(events.source))
        ) as nth
    from cohort
    inner join events on cohort.customer_id = events.customer_id
    where events.source is not null
        and cast(events.happened_at as date) <= cohort.registered_on
        and cast(events.happened_at as date) >= cohort.registered_on - 30
),
firsts as (
    select customer_id, min(order_date) as first_on
    from orders
    group by customer_id
),
judged as (
    select
        coalesce(
            named.source in (
                'referral', 'referred', 'refer', 'invite', 'invitation', 'friend',
                '推荐', '转介绍', '邀请', '推薦', '轉介紹', '邀請'
            ),
            false
        ) as referred,
        coalesce(firsts.first_on <= cohort.registered_on + 30, false) as ordered
    from cohort
    left join named on cohort.customer_id = named.customer_id and named.nth = 1
    left join firsts on cohort.customer_id = firsts.customer_id
    where firsts.first_on is null or firsts.first_on >= cohort.registered_on
)
select
    count(case when referred then 1 end) as referred,
    count(case when referred and ordered then 1 end) as referred_ordered,
    count(case when not referred then 1 end) as others,
    count(case when not referred and ordered then 1 end) as others_ordered
from judged
