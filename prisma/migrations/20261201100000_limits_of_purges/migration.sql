-- The API has one name for the limits of failures, and the results of jobs are stored with the names of the API.
update jobs
set result = jsonb_set(
  result,
  '{safetyLimit}',
  (result -> 'safetyLimit') - 'itemLimit' - 'byteLimit' || jsonb_build_object(
    'limit', result #> '{safetyLimit,itemLimit}',
    'limitBytes', result #> '{safetyLimit,byteLimit}'
  )
)
where result #> '{safetyLimit,itemLimit}' is not null;
