-- For wrk: each request is another form. Arguments: what makes this run's forms its own.
local run, sent = "", 0

function init(args)
  run = args[1]
  math.randomseed(tonumber(args[2]))
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  sent = sent + 1
  local body = string.format(
    '{"name":"Анна","phone":"+79%09d","message":"Хочу кухню, %d см",'
      .. '"utm_source":"yandex","utm_campaign":"spring-%d","submission_id":"%s-%d"}',
    math.random(0, 999999999), math.random(100, 400), math.random(1, 20), run, sent)
  return wrk.format(nil, nil, nil, body)
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '{"requests":%d,"microseconds":%d,"failed":%d,"p50_us":%d,"p99_us":%d}\n',
    summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(99)))
end
