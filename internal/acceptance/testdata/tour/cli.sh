#!/usr/bin/env bash
# What people do by the AWS CLI: cli.sh PART..., each a function below. Needs aws and curl,
# the environment of the root of a server, and for what takes hours a server with a manual
# clock and tocsin, named by TOCSIN. Prints 'tour: ok' at the end.
set -euo pipefail
work=$(mktemp -d)
trap 'jobs -p | xargs -r kill 2>/dev/null; rm -rf "$work"' EXIT
cd "$work"
export HOME=$work # of credentials that the CLI keeps there
trap 'echo "line $LINENO: $BASH_COMMAND" >&2' ERR

same() { [ "$1" = "$2" ] || { printf 'got  %s\nwant %s\n' "$1" "$2" >&2; return 1; }; }
refused() { # refused CODE command...
  local code=$1 out; shift
  if out=$("$@" 2>&1); then echo "not refused by $code: $*" >&2; return 1; fi
  [[ $out == *"($code)"* ]] || { echo "$out instead of $code" >&2; return 1; }
}
eventually() { # eventually command...
  for _ in $(seq 1200); do "$@" && return; sleep 0.1; done
  echo "in vain: $*" >&2
  return 1
}
words() { tr '\n\t' '  ' | sed 's/ $//'; }
account=$(aws sts get-caller-identity --query Account --output text)

sts_and_iam() {
  for i in 1 2 3; do aws iam create-user --user-name "cli-$i" --path /cli/ >/dev/null; done
  aws iam wait user-exists --user-name cli-3
  same "$(aws iam list-users --path-prefix /cli/ --page-size 1 --query 'Users[].UserName' --output text | words)" "cli-1 cli-2 cli-3"
  local token
  token=$(aws iam list-users --path-prefix /cli/ --max-items 2 --query NextToken --output json | tr -d '"')
  same "$(aws iam list-users --path-prefix /cli/ --starting-token "$token" --query 'Users[].UserName' --output text)" cli-3
  refused EntityAlreadyExists aws iam create-user --user-name cli-1
  aws iam create-role --role-name cli-visited --assume-role-policy-document "{\"Version\":\"2012-10-17\",\"Statement\":[
    {\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"$account\"},\"Action\":\"sts:AssumeRole\"}]}" >/dev/null
  aws iam wait role-exists --role-name cli-visited
  aws iam attach-role-policy --role-name cli-visited --policy-arn arn:aws:iam::aws:policy/ReadOnlyAccess
  aws iam put-user-policy --user-name cli-1 --policy-name visits --policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}'
  local key secret
  read -r key secret <<<"$(aws iam create-access-key --user-name cli-1 --query 'AccessKey.[AccessKeyId,SecretAccessKey]' --output text)"
  (
    read -r AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN <<<"$(AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret aws sts assume-role \
      --role-arn "arn:aws:iam::$account:role/cli-visited" --role-session-name tour --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text)"
    export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
    same "$(aws sts get-caller-identity --query Arn --output text)" "arn:aws:sts::$account:assumed-role/cli-visited/tour"
    aws sns list-topics >/dev/null
    refused AuthorizationError aws sns create-topic --name by-visitor
  )
  # A profile that assumes the role does the same.
  printf '[profile visits]\nrole_arn = arn:aws:iam::%s:role/cli-visited\nsource_profile = one\n[profile one]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$account" "$key" "$secret" >config
  same "$(env -u AWS_ACCESS_KEY_ID -u AWS_SECRET_ACCESS_KEY AWS_CONFIG_FILE="$work/config" aws sts get-caller-identity --profile visits --query Arn --output text | cut -d/ -f2)" cli-visited
  refused AccessDenied env AWS_ACCESS_KEY_ID="$key" AWS_SECRET_ACCESS_KEY="$secret" aws iam list-users
}

s3() {
  local region=eu-central-1
  export AWS_DEFAULT_REGION=$region
  aws s3 mb s3://cli-tour >/dev/null
  mkdir -p tree/below
  head -c 20971520 /dev/urandom >big
  for i in 1 2 3; do echo "$i" >"tree/below/$i.txt"; done
  aws s3 cp --only-show-errors big s3://cli-tour/big
  [[ $(aws s3api head-object --bucket cli-tour --key big --query ETag --output text) == *-3\" ]]
  aws s3 cp --only-show-errors s3://cli-tour/big again
  cmp big again
  aws s3 sync --only-show-errors tree s3://cli-tour/tree
  same "$(aws s3 sync tree s3://cli-tour/tree)" ""
  rm tree/below/2.txt
  same "$(aws s3 sync --delete tree s3://cli-tour/tree)" "delete: s3://cli-tour/tree/below/2.txt"
  aws s3 sync --only-show-errors s3://cli-tour/tree copy
  diff -r tree copy
  same "$(aws s3 ls --recursive s3://cli-tour/tree/ | wc -l)" 2
  same "$(aws s3 ls s3://cli-tour/ | awk '{print $NF}' | paste -sd ' ')" "tree/ big"
  aws s3 mv --only-show-errors s3://cli-tour/big s3://cli-tour/moved
  aws s3api wait object-exists --bucket cli-tour --key moved
  same "$(echo text | aws s3 cp --only-show-errors - s3://cli-tour/piped && aws s3 cp s3://cli-tour/piped -)" text
  local link
  link=$(aws s3 presign s3://cli-tour/piped --expires-in 60)
  same "$(curl -sS "$link")" text
  [[ $(curl -sS "${link/piped/moved}") == *SignatureDoesNotMatch* ]]
  same "$(aws s3api list-objects-v2 --bucket cli-tour --page-size 1 --query 'Contents[].Key' --output text | words)" "moved piped tree/below/1.txt tree/below/3.txt"
  aws s3 rb --force s3://cli-tour >/dev/null
}

sns_and_cloudwatch() {
  local topic
  topic=$(aws sns create-topic --name cli-tour --query TopicArn --output text)
  same "$(aws sns publish-batch --topic-arn "$topic" --publish-batch-request-entries Id=a,Message=one Id=b,Message=two --query 'Successful[].Id' --output text)" $'a\tb'
  refused NotFound aws sns publish --topic-arn "$topic-not" --message x
  aws sns subscribe --topic-arn "$topic" --protocol email --notification-endpoint security@example.com >/dev/null
  same "$(aws sns list-subscriptions-by-topic --topic-arn "$topic" --query 'Subscriptions[0].SubscriptionArn' --output text)" PendingConfirmation

  aws cloudwatch put-metric-alarm --alarm-name cli-rings --namespace CLI --metric-name Calls --statistic Sum --period 60 --evaluation-periods 1 \
    --threshold 2 --comparison-operator GreaterThanOrEqualToThreshold --treat-missing-data notBreaching --alarm-actions "$topic"
  aws cloudwatch wait alarm-exists --alarm-names cli-rings
  aws cloudwatch put-composite-alarm --alarm-name cli-all --alarm-rule 'ALARM(cli-rings)'
  aws cloudwatch wait composite-alarm-exists --alarm-names cli-all --alarm-types CompositeAlarm
  aws cloudwatch put-metric-data --namespace CLI --metric-name Calls --value 3 --dimensions Of=no-one
  aws cloudwatch put-metric-data --namespace CLI --metric-name Calls --value 3
  rings() { [ "$(aws cloudwatch describe-alarms --alarm-names cli-rings --query 'MetricAlarms[0].StateValue' --output text)" = "$1" ]; }
  eventually rings ALARM
  local now from to
  now=$("$TOCSIN" clock --endpoint "$AWS_ENDPOINT_URL")
  from=$(date -u -d "$now - 1 hour" +%FT%TZ) to=$(date -u -d "$now + 1 hour" +%FT%TZ)
  same "$(aws cloudwatch get-metric-statistics --namespace CLI --metric-name Calls --start-time "$from" --end-time "$to" --period 3600 --statistics Sum --query 'to_string(sum(Datapoints[].Sum) == `3`)' --output text)" true
  same "$(aws cloudwatch get-metric-data --start-time "$from" --end-time "$to" --query 'MetricDataResults[].[Id,sum(Values) == `30`]' --output text --metric-data-queries \
    '[{"Id":"calls","MetricStat":{"Metric":{"Namespace":"CLI","MetricName":"Calls"},"Period":60,"Stat":"Sum"},"ReturnData":false},{"Id":"tenfold","Expression":"calls * 10"}]')" $'tenfold\tTrue'
  "$TOCSIN" clock --endpoint "$AWS_ENDPOINT_URL" --advance 5m >/dev/null
  rings OK
  same "$(aws cloudwatch describe-alarm-history --alarm-name cli-rings --history-item-type StateUpdate --scan-by TimestampAscending --page-size 1 \
    --query 'AlarmHistoryItems[].HistorySummary' --output text | tail -n 1)" "Alarm updated from ALARM to OK"
  aws cloudwatch delete-alarms --alarm-names cli-all
  aws cloudwatch delete-alarms --alarm-names cli-rings
  aws sns delete-topic --topic-arn "$topic"
}

logs() {
  aws logs create-log-group --log-group-name /cli/tour
  aws logs create-log-stream --log-group-name /cli/tour --log-stream-name one
  put() { aws logs put-log-events --log-group-name /cli/tour --log-stream-name one --log-events "timestamp=$(date +%s%3N),message=$1" >/dev/null; }
  put before
  if aws logs tail help >/dev/null 2>&1; then # of version 2
    timeout 600 aws logs tail /cli/tour --follow --since 1h --format short >tail.txt &
    eventually grep -q before tail.txt
    put afterwards
    eventually grep -q afterwards tail.txt
    put more
    eventually grep -q more tail.txt
    same "$(awk '{print $NF}' tail.txt | words)" "before afterwards more"
    refused ResourceNotFoundException aws logs tail /cli/missing
  else
    echo "this version of the AWS CLI has no logs tail: logs.py asks as it does"
    put afterwards
    put more
  fi
  AWS_DISABLE_HOST_PREFIX_INJECTION=true PYTHONUNBUFFERED=1 timeout 600 aws logs start-live-tail \
    --log-group-identifiers "$(aws logs describe-log-groups --log-group-name-prefix /cli/tour --query 'logGroups[0].logGroupArn' --output text)" >live.txt 2>&1 &
  live() { put "live-$((++lives))"; grep -q "live-" live.txt; }
  local lives=0
  touch live.txt
  eventually live
  jobs -p | xargs -r kill 2>/dev/null || true # that may have ended
  same "$(aws logs filter-log-events --log-group-name /cli/tour --filter-pattern=-live --page-size 1 --query 'events[].message' --output text | words)" "before afterwards more"
  refused ResourceNotFoundException aws logs describe-log-streams --log-group-name /cli/missing
  same "$(aws logs test-metric-filter --filter-pattern '{ $.a = 1 }' --log-event-messages '{"a":1}' '{"a":2}' --query 'matches[].eventNumber' --output text)" 1
  aws logs delete-log-group --log-group-name /cli/tour
}

cloudtrail() {
  aws s3api create-bucket --bucket cli-trail >/dev/null
  aws s3api put-bucket-policy --bucket cli-trail --policy '{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::cli-trail"},
    {"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::cli-trail/AWSLogs/*"}]}'
  local trail start
  start=$("$TOCSIN" clock --endpoint "$AWS_ENDPOINT_URL")
  trail=$(aws cloudtrail create-trail --name cli-tour --s3-bucket-name cli-trail --is-multi-region-trail --enable-log-file-validation --query TrailARN --output text)
  aws cloudtrail start-logging --name cli-tour
  for i in 1 2 3; do aws sns create-topic --name "looked-up-$i" >/dev/null; done
  "$TOCSIN" clock --endpoint "$AWS_ENDPOINT_URL" --advance 1h >/dev/null
  aws sns list-topics >/dev/null
  "$TOCSIN" clock --endpoint "$AWS_ENDPOINT_URL" --advance 2h >end
  aws cloudtrail validate-logs --trail-arn "$trail" --start-time "$start" --end-time "$(cat end)" --verbose >valid.txt || { cat valid.txt; return 1; }
  grep -q '^3/3 digest files valid' valid.txt && grep -qE '^([0-9]+)/\1 log files valid' valid.txt && ! grep -q INVALID valid.txt || { cat valid.txt; return 1; }
  aws s3 rm --quiet "$(grep -oE 's3://\S+_CloudTrail_\S+\.gz' valid.txt | head -n 1)"
  if aws cloudtrail validate-logs --trail-arn "$trail" --start-time "$start" --end-time "$(cat end)" >invalid.txt 2>&1; then cat invalid.txt; return 1; fi
  grep -q 'INVALID: not found' invalid.txt

  look() { aws cloudtrail lookup-events --start-time "$start" --lookup-attributes AttributeKey=EventName,AttributeValue=CreateTopic "$@"; }
  same "$(look --query 'Events[].EventName' --output text | wc -w)" 3
  look --max-items 2 --page-size 1 >page.json
  same "$(grep -c '"EventId"' page.json)" 2
  token=$(sed -n 's/.*"NextToken": "\(.*\)".*/\1/p' page.json)
  same "$(look --max-items 2 --starting-token "$token" --query 'Events[].[EventName,Username]' --output text)" $'CreateTopic\troot'
  same "$(aws cloudtrail lookup-events --start-time "$start" --lookup-attributes AttributeKey=Username,AttributeValue=nobody --query 'Events' --output text)" ""
  aws cloudtrail delete-trail --name cli-tour
}

for part in "$@"; do
  (trap 'echo "$part, line $LINENO: $BASH_COMMAND" >&2' ERR; set -E; "$part")
  echo "$part (after $SECONDS s)"
done
echo 'tour: ok'
