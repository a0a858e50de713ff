#!/usr/bin/env bash
# The mend of what an audit found in account 123456789012, eu-central-1, written by tocsin export
# cli.
#
# Not mended, as it takes a decision: trail-kms-encryption: trail main: its log files are not
# encrypted with a KMS key: encrypt the trail's log files with a key whose policy lets CloudTrail
# use it
#
# Not judged, and so not mended: unauthorized-api-calls: the filters are not readable without
# logs:DescribeMetricFilters on x
#
# Audit again afterwards: behind the link that broke first there may be another one.
#
# The credentials are those of AWS_PROFILE and the like. It may run again: what is there is left
# or made equal.

set -euo pipefail
export AWS_PAGER=''
export AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1

account=$(aws sts get-caller-identity --query=Account --output=text)
if [[ $account != 123456789012 ]]; then
  echo 'this mends account 123456789012, and the credentials are those of account '"$account" >&2
  exit 1
fi

# The topic that the alarms publish to

topic=$(aws sns create-topic --name=security-notices --query=TopicArn --output=text)
policy=$(
  cat <<JSON
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "AllowAlarmsToPublish",
      "Effect": "Allow",
      "Principal": {"Service": "cloudwatch.amazonaws.com"},
      "Action": "sns:Publish",
      "Resource": "$topic",
      "Condition": {"StringEquals": {"aws:SourceAccount": "$account"}}
    }
  ]
}
JSON
)
aws sns set-topic-attributes --topic-arn="$topic" --attribute-name=Policy --attribute-value="$policy"

# A topic that alarms publish to and that is gone
aws sns create-topic --name=alarms-gone >/dev/null

# Who may publish to topic arn:aws:sns:eu-central-1:123456789012:alarms-2
aws sns set-topic-attributes --topic-arn=arn:aws:sns:eu-central-1:123456789012:alarms-2 \
  --attribute-name=Policy \
  --attribute-value='{"Statement":[{"Action":"sns:Publish","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}},"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Resource":"arn:aws:sns:eu-central-1:123456789012:alarms-2"},{"Action":["sns:Publish"],"Condition":{"StringLike":{"aws:PrincipalTag/team":["${aws:username}"]}},"Effect":"Allow","Principal":"*","Resource":"*"}],"Version":"2012-10-17"}'

# trail-log-validation: let the trail make digest files
aws cloudtrail update-trail --name=arn:aws:cloudtrail:eu-central-1:123456789012:trail/main \
  --enable-log-file-validation >/dev/null

# Who is told. Those with mail addresses have to follow the link in the mail that asks for a confirmation.

# subscribe TOPIC PROTOCOL ENDPOINT, unless it is subscribed already
subscribe() {
  local had
  had=$(aws sns list-subscriptions-by-topic --topic-arn="$1" --query='Subscriptions[].[Protocol, Endpoint]' --output=text)
  if [[ $'\n'$had$'\n' != *$'\n'"$2"$'\t'"$3"$'\n'* ]]; then
    aws sns subscribe --topic-arn="$1" --protocol="$2" --notification-endpoint="$3" >/dev/null
  fi
}

subscribe arn:aws:sns:eu-central-1:123456789012:alarms-2 email a@example.com
subscribe arn:aws:sns:eu-central-1:123456789012:alarms-gone email a@example.com
subscribe "$topic" email a@example.com

# Metric filters

aws logs put-metric-filter --log-group-name=/trail --filter-name='it'\''s "${x}" %{y} $(id) `id` \' \
  --filter-pattern='{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }' \
  --metric-transformations='[{"metricName":"root","metricNamespace":"Own","metricValue":"1"}]'

aws logs put-metric-filter --log-group-name=/trail --filter-name=security-cloudtrail-config-changes \
  --filter-pattern='{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) || ($.eventName = StartLogging) || ($.eventName = StopLogging) }' \
  --metric-transformations='[{"metricName":"cloudtrail_cfg_changes_metric","metricNamespace":"CISBenchmark","metricValue":"1"}]'

# Alarms

aws cloudwatch put-metric-alarm --alarm-name=security-root-usage \
  --alarm-description='Use of the root user (CIS AWS Foundations 7.0.0, 5.3; Security Hub CloudWatch.1)' \
  --namespace=Own --metric-name=root --statistic=Sum --period=300 --evaluation-periods=1 \
  --comparison-operator=GreaterThanOrEqualToThreshold --threshold=1 \
  --treat-missing-data=notBreaching --alarm-actions="$topic"

aws cloudwatch put-metric-alarm --alarm-name=security-cloudtrail-config-changes \
  --alarm-description='CloudTrail configuration changes (CIS AWS Foundations 7.0.0, 5.5; Security Hub CloudWatch.5)' \
  --namespace=CISBenchmark --metric-name=cloudtrail_cfg_changes_metric --statistic=Sum --period=300 \
  --evaluation-periods=1 --comparison-operator=GreaterThanOrEqualToThreshold --threshold=1 \
  --treat-missing-data=notBreaching --alarm-actions="$topic"

aws cloudwatch put-metric-alarm --alarm-name=vpc --alarm-description='watches the VPCs' \
  --namespace=Own --metric-name=vpc --statistic=Sum --period=300 --evaluation-periods=1 \
  --comparison-operator=GreaterThanOrEqualToThreshold --threshold=1 \
  --treat-missing-data=notBreaching \
  --alarm-actions arn:aws:sns:eu-central-1:123456789012:alarms arn:aws:sns:eu-central-1:123456789012:alarms-2 \
  --ok-actions=arn:aws:sns:eu-central-1:123456789012:alarms

aws cloudwatch put-metric-alarm --alarm-name=nacl --namespace=Own --metric-name=nacl --statistic=Sum \
  --period=60 --evaluation-periods=3 --datapoints-to-alarm=1 \
  --comparison-operator=GreaterThanOrEqualToThreshold --threshold=1 \
  --treat-missing-data=notBreaching --alarm-actions=arn:aws:sns:eu-central-1:123456789012:alarms
