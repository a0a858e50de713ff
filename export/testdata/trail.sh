#!/usr/bin/env bash
# The alarms of pack cis, in the texts that Elastic accepts, written by tocsin export cli.
#
# Account and Region are those of AWS_PROFILE, AWS_REGION and the like. It may run again: what is
# there is left or made equal.

set -euo pipefail
export AWS_PAGER=''

log_group=${LOG_GROUP:-/cloudtrail/acme-trail}

account=$(aws sts get-caller-identity --query=Account --output=text)

# The trail, its bucket, its log group, and the role by which it delivers

region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
: "${region:?set AWS_REGION to the Region that is to be the home of the trail}"
partition=$(aws sts get-caller-identity --query=Arn --output=text | cut -d: -f2)
trail=acme-trail
bucket=acme-trail-$account
role=acme-trail-to-logs

if ! aws s3api head-bucket --bucket="$bucket" >/dev/null 2>&1; then
  if [[ $region == us-east-1 ]]; then
    aws s3api create-bucket --bucket="$bucket" >/dev/null
  else
    aws s3api create-bucket --bucket="$bucket" --create-bucket-configuration=LocationConstraint="$region" >/dev/null
  fi
fi
aws s3api put-public-access-block --bucket="$bucket" \
  --public-access-block-configuration=BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
aws s3api put-bucket-versioning --bucket="$bucket" --versioning-configuration=Status=Enabled
policy=$(
  cat <<JSON
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "AllowTrailToCheckTheACL",
      "Effect": "Allow",
      "Principal": {"Service": "cloudtrail.amazonaws.com"},
      "Action": "s3:GetBucketAcl",
      "Resource": "arn:$partition:s3:::$bucket",
      "Condition": {"ArnLike": {"aws:SourceArn": "arn:$partition:cloudtrail:*:$account:trail/$trail"}}
    },
    {
      "Sid": "AllowTrailToWrite",
      "Effect": "Allow",
      "Principal": {"Service": "cloudtrail.amazonaws.com"},
      "Action": "s3:PutObject",
      "Resource": "arn:$partition:s3:::$bucket/AWSLogs/$account/*",
      "Condition": {
        "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"},
        "ArnLike": {"aws:SourceArn": "arn:$partition:cloudtrail:*:$account:trail/$trail"}
      }
    }
  ]
}
JSON
)
aws s3api put-bucket-policy --bucket="$bucket" --policy="$policy"

group_arn() {
  aws logs describe-log-groups --log-group-name-prefix="$log_group" --query='logGroups[].[logGroupName, arn]' --output=text |
    awk -F '\t' -v name="$log_group" '$1 == name { print $2 }'
}
if [[ -z $(group_arn) ]]; then
  aws logs create-log-group --log-group-name="$log_group"
fi
aws logs put-retention-policy --log-group-name="$log_group" --retention-in-days=365
group=$(group_arn)

if ! aws iam get-role --role-name="$role" >/dev/null 2>&1; then
  aws iam create-role --role-name="$role" --assume-role-policy-document='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}]}' >/dev/null
fi
policy=$(
  cat <<JSON
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
      "Resource": "${group%:\*}:*"
    }
  ]
}
JSON
)
aws iam put-role-policy --role-name="$role" --policy-name=deliver --policy-document="$policy"
role_arn=$(aws iam get-role --role-name="$role" --query=Role.Arn --output=text)

verb=create-trail
if [[ $(aws cloudtrail describe-trails --trail-name-list "$trail" --query='length(trailList)' --output=text) != 0 ]]; then
  verb=update-trail
fi
# A role that was made just now is not known everywhere at once.
for attempt in 1 2 3 4 5 6; do
  if aws cloudtrail "$verb" --name="$trail" --s3-bucket-name="$bucket" --is-multi-region-trail --enable-log-file-validation \
    --cloud-watch-logs-log-group-arn="${group%:\*}:*" --cloud-watch-logs-role-arn="$role_arn" >/dev/null; then
    break
  elif [[ $attempt == 6 ]]; then
    exit 1
  fi
  sleep 5
done
aws cloudtrail start-logging --name="$trail"

# The topic that the alarms publish to

topic=$(aws sns create-topic --name=acme-notices --query=TopicArn --output=text)
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

subscribe "$topic" https 'https://example.com/hook?token=${x}'
subscribe "$topic" sms +4930123456
# The queue's own policy has to let the topic send.
subscribe "$topic" sqs arn:aws:sqs:us-east-1:123456789012:alarms

# Metric filters

# The text that Elastic accepts (CIS 1.3.0-1.5.0).
# It matches nearly every event, so its alarm rings once and never again: the filter and the alarm
# beside it do the work.
# Elastic looks for an alarm whose metric is called as the filter is.
aws logs put-metric-filter --log-group-name="$log_group" \
  --filter-name=acme-unauthorized-api-calls-elastic \
  --filter-pattern='{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") || ($.sourceIPAddress!="delivery.logs.amazonaws.com") || ($.eventName!="HeadBucket") }' \
  --metric-transformations='[{"metricName":"acme-unauthorized-api-calls-elastic","metricNamespace":"Acme/Security","metricValue":"1"}]'

# Elastic looks for an alarm whose metric is called as the filter is.
aws logs put-metric-filter --log-group-name="$log_group" --filter-name=acme-unauthorized-api-calls \
  --filter-pattern='{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) && ($.sourceIPAddress != "delivery.logs.amazonaws.com") && ($.eventName != "HeadBucket") }' \
  --metric-transformations='[{"metricName":"acme-unauthorized-api-calls","metricNamespace":"Acme/Security","metricValue":"1"}]'

# The text that Elastic accepts (CIS 1.2.0-4.0.1).
# It misses events of the control: the filter beside it counts those in the same metric.
# Misses ModifySecurityGroupRules, which edits an existing rule in place; added in CIS 5.0.0.
# Elastic looks for an alarm whose metric is called as the filter is.
aws logs put-metric-filter --log-group-name="$log_group" --filter-name=acme-security-group-changes \
  --filter-pattern='{ ($.eventName = AuthorizeSecurityGroupIngress) || ($.eventName = AuthorizeSecurityGroupEgress) || ($.eventName = RevokeSecurityGroupIngress) || ($.eventName = RevokeSecurityGroupEgress) || ($.eventName = CreateSecurityGroup) || ($.eventName = DeleteSecurityGroup) }' \
  --metric-transformations='[{"metricName":"acme-security-group-changes","metricNamespace":"Acme/Security","metricValue":"1"}]'

# What the text above misses.
aws logs put-metric-filter --log-group-name="$log_group" \
  --filter-name=acme-security-group-changes-rest \
  --filter-pattern='{ ($.eventName = ModifySecurityGroupRules) }' \
  --metric-transformations='[{"metricName":"acme-security-group-changes","metricNamespace":"Acme/Security","metricValue":"1"}]'

# Alarms

aws cloudwatch put-metric-alarm --alarm-name=acme-unauthorized-api-calls-elastic \
  --alarm-description='For Elastic only, which demands a filter that matches nearly everything: acme-unauthorized-api-calls is the alarm that rings. Unauthorized API calls (CIS AWS Foundations 5.0.0, 4.1; Security Hub CloudWatch.2)' \
  --namespace=Acme/Security --metric-name=acme-unauthorized-api-calls-elastic --statistic=Sum \
  --period=300 --evaluation-periods=1 --comparison-operator=GreaterThanOrEqualToThreshold \
  --threshold=1 --treat-missing-data=notBreaching --alarm-actions="$topic"

aws cloudwatch put-metric-alarm --alarm-name=acme-unauthorized-api-calls \
  --alarm-description='Unauthorized API calls (CIS AWS Foundations 5.0.0, 4.1; Security Hub CloudWatch.2)' \
  --namespace=Acme/Security --metric-name=acme-unauthorized-api-calls --statistic=Sum --period=300 \
  --evaluation-periods=1 --comparison-operator=GreaterThanOrEqualToThreshold --threshold=1 \
  --treat-missing-data=notBreaching --alarm-actions="$topic"

aws cloudwatch put-metric-alarm --alarm-name=acme-security-group-changes \
  --alarm-description='Security group changes (CIS AWS Foundations 5.0.0, 4.10; Security Hub CloudWatch.10)' \
  --namespace=Acme/Security --metric-name=acme-security-group-changes --statistic=Sum --period=300 \
  --evaluation-periods=1 --comparison-operator=GreaterThanOrEqualToThreshold --threshold=1 \
  --treat-missing-data=notBreaching --alarm-actions="$topic"
