#!/usr/bin/env bash
# The alarms of pack shop.yaml, written by tocsin export cli.
#
# Nobody hears of the alarms until somebody is subscribed to the topic: --email names who is to
# be.
#
# Account and Region are those of AWS_PROFILE, AWS_REGION and the like. It may run again: what is
# there is left or made equal.

set -euo pipefail
export AWS_PAGER=''

log_group=${LOG_GROUP:?set LOG_GROUP to the name of the log group that the trail delivers to}

account=$(aws sts get-caller-identity --query=Account --output=text)

# The topic that the alarms publish to

topic=$(aws sns create-topic --name=shop-notices --query=TopicArn --output=text)
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

# Metric filters

aws logs put-metric-filter --log-group-name="$log_group" --filter-name=shop-prices-changed \
  --filter-pattern=$'{ ($.eventName = UpdateTable)\n  && ($.requestParameters.tableName = "${prices}") && ($.x != "it\'s") }' \
  --metric-transformations='[{"metricName":"prices-changed","metricNamespace":"Shop","metricValue":"1"}]'

aws logs put-metric-filter --log-group-name="$log_group" --filter-name=shop-a-1 \
  --filter-pattern='{ $.a = 1 }' \
  --metric-transformations='[{"metricName":"a-1","metricNamespace":"SecurityAlarms","metricValue":"1"}]'

aws logs put-metric-filter --log-group-name="$log_group" --filter-name=shop-a1 \
  --filter-pattern='{ $.a = 2 }' \
  --metric-transformations='[{"metricName":"a1","metricNamespace":"SecurityAlarms","metricValue":"1"}]'

aws logs put-metric-filter --log-group-name="$log_group" --filter-name=shop-latency \
  --filter-pattern='{ $.eventName = Slow }' \
  --metric-transformations='[{"metricName":"latency","metricNamespace":"SecurityAlarms","metricValue":"$.duration"}]'

# Alarms

aws cloudwatch put-metric-alarm --alarm-name=shop-prices-changed \
  --alarm-description='It'\''s "the" ${price} %{table} $(id) \' --namespace=Shop \
  --metric-name=prices-changed --statistic=Sum --period=300 --evaluation-periods=1 \
  --comparison-operator=GreaterThanOrEqualToThreshold --threshold=1 \
  --treat-missing-data=notBreaching --alarm-actions="$topic"

aws cloudwatch put-metric-alarm --alarm-name=shop-a-1 --alarm-description=One \
  --namespace=SecurityAlarms --metric-name=a-1 --statistic=Sum --period=300 --evaluation-periods=1 \
  --comparison-operator=GreaterThanOrEqualToThreshold --threshold=1 \
  --treat-missing-data=notBreaching --alarm-actions="$topic"

aws cloudwatch put-metric-alarm --alarm-name=shop-a1 --alarm-description=Other \
  --namespace=SecurityAlarms --metric-name=a1 --statistic=Sum --period=300 --evaluation-periods=1 \
  --comparison-operator=GreaterThanOrEqualToThreshold --threshold=1 \
  --treat-missing-data=notBreaching --alarm-actions="$topic"

aws cloudwatch put-metric-alarm --alarm-name=shop-latency --alarm-description=Slow \
  --namespace=SecurityAlarms --metric-name=latency --extended-statistic=p99.9 --period=60 \
  --evaluation-periods=3 --datapoints-to-alarm=2 --comparison-operator=GreaterThanThreshold \
  --threshold=2.5 --treat-missing-data=ignore --alarm-actions="$topic"
