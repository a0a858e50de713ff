package export

import (
	"fmt"
	"strings"
)

// scriptTrail writes the chain before the log group.
func scriptTrail(b *strings.Builder, t *Trail) {
	fmt.Fprintf(b, `
# The trail, its bucket, its log group, and the role by which it delivers

region=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
: "${region:?set AWS_REGION to the Region that is to be the home of the trail}"
partition=$(aws sts get-caller-identity --query=Arn --output=text | cut -d: -f2)
trail=%[1]s
bucket=%[2]s-$account
role=%[3]s

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
aws logs put-retention-policy --log-group-name="$log_group" --retention-in-days=%[4]d
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
      "Resource": "${group%%:\*}:*"
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
    --cloud-watch-logs-log-group-arn="${group%%:\*}:*" --cloud-watch-logs-role-arn="$role_arn" >/dev/null; then
    break
  elif [[ $attempt == 6 ]]; then
    exit 1
  fi
  sleep 5
done
%[5]saws cloudtrail start-logging --name="$trail"
`, sh(t.Name), sh(t.Bucket), sh(t.Role), t.Retention, scriptSelectors[t.Data])
}

// scriptSelectors selects calls on objects, besides the management events.
var scriptSelectors = map[bool]string{true: `aws cloudtrail put-event-selectors --trail-name="$trail" \
  --event-selectors='[{"ReadWriteType":"All","IncludeManagementEvents":true,"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:'"$partition"':s3"]}]}]' >/dev/null
`}
