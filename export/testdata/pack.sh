#!/usr/bin/env bash
# The alarms of pack cis, written by tocsin export cli.
#
# Account and Region are those of AWS_PROFILE, AWS_REGION and the like. It may run again: what is
# there is left or made equal.

set -euo pipefail
export AWS_PAGER=''

log_group=${LOG_GROUP:-/cloudtrail/main}

account=$(aws sts get-caller-identity --query=Account --output=text)

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

# Who is told. Those with mail addresses have to follow the link in the mail that asks for a confirmation.

# subscribe TOPIC PROTOCOL ENDPOINT, unless it is subscribed already
subscribe() {
  local had
  had=$(aws sns list-subscriptions-by-topic --topic-arn="$1" --query='Subscriptions[].[Protocol, Endpoint]' --output=text)
  if [[ $'\n'$had$'\n' != *$'\n'"$2"$'\t'"$3"$'\n'* ]]; then
    aws sns subscribe --topic-arn="$1" --protocol="$2" --notification-endpoint="$3" >/dev/null
  fi
}

subscribe "$topic" email a@example.com
subscribe "$topic" email b@example.com

# Metric filters

aws logs put-metric-filter --log-group-name="$log_group" \
  --filter-name=security-unauthorized-api-calls \
  --filter-pattern='{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) && ($.sourceIPAddress != "delivery.logs.amazonaws.com") && ($.eventName != "HeadBucket") }' \
  --metric-transformations='[{"metricName":"unauthorized_api_calls_metric","metricNamespace":"CISBenchmark","metricValue":"1"}]'

aws logs put-metric-filter --log-group-name="$log_group" --filter-name=security-root-usage \
  --filter-pattern='{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }' \
  --metric-transformations='[{"metricName":"root_usage_metric","metricNamespace":"CISBenchmark","metricValue":"1"}]'

# Alarms

aws cloudwatch put-metric-alarm --alarm-name=security-unauthorized-api-calls \
  --alarm-description='Unauthorized API calls (CIS AWS Foundations 7.0.0, 5.1; Security Hub CloudWatch.2)' \
  --namespace=CISBenchmark --metric-name=unauthorized_api_calls_metric --statistic=Sum --period=300 \
  --evaluation-periods=1 --comparison-operator=GreaterThanOrEqualToThreshold --threshold=1 \
  --treat-missing-data=notBreaching --alarm-actions="$topic"

aws cloudwatch put-metric-alarm --alarm-name=security-root-usage \
  --alarm-description='Use of the root user (CIS AWS Foundations 7.0.0, 5.3; Security Hub CloudWatch.1)' \
  --namespace=CISBenchmark --metric-name=root_usage_metric --statistic=Sum --period=300 \
  --evaluation-periods=1 --comparison-operator=GreaterThanOrEqualToThreshold --threshold=1 \
  --treat-missing-data=notBreaching --alarm-actions="$topic"
