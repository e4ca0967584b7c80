{#- The one definition of the funnel; query.py says it in words and fills the holes:
    dims: the expression of each dimension; n: number of steps, the last of which is `won`;
    counted: conditions on the time of step {k}; period: the condition on a deal's first touch. -#}
{%- set nobody = "toUUID('00000000-0000-0000-0000-000000000000')" -%}
{%- set never = "9223372036854775807" -%}
WITH RECURSIVE
joins AS (
    SELECT deal, argMax(if(topic = 'J', other, {{ nobody }}), version) AS target
    FROM facts
    WHERE topic IN ('J', 'D') AND position <= {as_of:UInt64}
    GROUP BY deal
    HAVING target != {{ nobody }}
),
chains AS (
    SELECT deal, target, 1 AS length FROM joins
    UNION ALL
    SELECT chains.deal AS deal, joins.target AS target, chains.length + 1 AS length
    FROM chains INNER JOIN joins ON joins.deal = chains.target
    WHERE chains.length < 100
),
roots AS (SELECT deal, argMax(target, length) AS root FROM chains GROUP BY deal),
touches AS (
    SELECT
        argMax(deal, version) AS now_in,
        argMaxIf(toUnixTimestamp64Milli(occurred_at), version, topic = 'L') AS happened
    FROM facts
    WHERE topic IN ('L', 'P') AND position <= {as_of:UInt64}
    GROUP BY lead
),
firsts AS (
    SELECT
        if(roots.root = {{ nobody }}, touches.now_in, roots.root) AS deal,
        min(touches.happened) AS touched
    FROM touches LEFT JOIN roots ON roots.deal = touches.now_in
    GROUP BY deal
{%- if period %}
    HAVING {{ period }}
{%- endif %}
),
rows AS (
    SELECT
        deal, topic, version,
        {%- for dim in dims %} {{ dim }} AS label_{{ loop.index }},{% endfor %}
        pipeline = {pipeline:String} AS ours,
        toUnixTimestamp64Milli(occurred_at) AS happened,
        multiIf(
            topic = 'O', 1,
            topic IN ('G', 'R'), indexOf({stages:Array(String)}, stage),
            topic = 'C' AND status = 'won', {{ n }},
            0
        ) AS place
    FROM facts
    WHERE topic IN ('O', 'G', 'R', 'C', 'J', 'D', 'Q', 'B') AND position <= {as_of:UInt64}
{%- if period %}
        AND deal IN (SELECT deal FROM firsts)
{%- endif %}
),
deals AS (
    SELECT
        deal,
        {%- for dim in dims %}
        anyIf(label_{{ loop.index }}, topic = 'O') AS by_{{ loop.index }},
        {%- endfor %}
        {%- for k in range(1, n + 1) %}
        min(if(place >= {{ k }}, happened, {{ never }})) AS entered_{{ k }}
        {{- "," if not loop.last }}
        {%- endfor %}
    FROM rows
    GROUP BY deal
    HAVING
        max(ours)
        AND maxIf(version, topic = 'J') <= maxIf(version, topic = 'D')
        AND maxIf(version, topic = 'Q') <= maxIf(version, topic = 'B')
)
SELECT
    {%- for dim in dims %} by_{{ loop.index }},{% endfor %}
    {%- for k in range(1, n + 1) %}
    countIf(entered_{{ k }} < {{ never }}{% for one in counted %} AND {{ one.format(k=k) }}{% endfor %})
    {{- "," if not loop.last }}
    {%- endfor %}
FROM deals
{%- if dims %}
GROUP BY {% for dim in dims %}by_{{ loop.index }}{{ ", " if not loop.last }}{% endfor %}
{%- endif %}
