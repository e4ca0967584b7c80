{#- The one definition of the funnel; query.py says it in words and fills the holes:
    dims: the expression of each dimension; n: number of steps, the last of which is `won`;
    counted: conditions on the time of step {k}; period: the condition on a deal's first touch. -#}
{%- set nobody = "toUUID('00000000-0000-0000-0000-000000000000')" -%}
WITH RECURSIVE
{%- if period %}
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
    HAVING {{ period }}
),
{%- endif %}
gone AS (
    SELECT deal
    FROM facts
    WHERE topic IN ('J', 'D', 'Q', 'B') AND position <= {as_of:UInt64}
    GROUP BY deal
    HAVING
        maxIf(version, topic = 'J') > maxIf(version, topic = 'D')
        OR maxIf(version, topic = 'Q') > maxIf(version, topic = 'B')
),
{%- if counted %}
openers AS (
    SELECT lead AS opener, argMax(toUnixTimestamp64Milli(occurred_at), version) AS began
    FROM facts
    WHERE topic = 'L' AND position <= {as_of:UInt64}
    GROUP BY lead
),
{%- endif %}
rows AS (
    SELECT
        deal, topic,
        {%- for dim in dims %} {{ dim }} AS label_{{ loop.index }},{% endfor %}
        pipeline = {pipeline:String} AS ours,
        {%- if counted %}
        if(
            topic = 'O' AND openers.opener != {{ nobody }},
            openers.began,
            toUnixTimestamp64Milli(occurred_at)
        ) AS happened,
        {%- endif %}
        multiIf(
            topic = 'O', 1,
            topic = 'C', if(status = 'won', {{ n }}, 0),
            {#- looks at each stage once, where indexOf would at each row -#}
            transform(stage, {stages:Array(String)}, {places:Array(UInt16)}, 0)
        ) AS place
    FROM facts
    {%- if counted %} LEFT JOIN openers ON openers.opener = facts.lead{% endif %}
    WHERE topic IN ('O', 'G', 'R', 'C') AND position <= {as_of:UInt64}
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
        {%- if counted %}{% for k in range(1, n + 1) %}
        minIf(happened, place >= {{ k }}) AS entered_{{ k }},
        {%- endfor %}{% endif %}
        max(place) AS reached
    FROM rows
    GROUP BY deal
    HAVING max(ours) AND deal NOT IN (SELECT deal FROM gone)
)
SELECT
    {%- for dim in dims %} by_{{ loop.index }},{% endfor %}
    {%- for k in range(1, n + 1) %}
    countIf(reached >= {{ k }}{% for one in counted %} AND {{ one.format(k=k) }}{% endfor %})
    {{- "," if not loop.last }}
    {%- endfor %}
FROM deals
{%- if dims %}
GROUP BY {% for dim in dims %}by_{{ loop.index }}{{ ", " if not loop.last }}{% endfor %}
{%- endif %}
