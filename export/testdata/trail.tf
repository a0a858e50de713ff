# The alarms of pack cis, in the texts that Elastic accepts, written by tocsin export terraform.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "log_group_name" {
  description = "Name of the log group that the trail is to deliver to."
  type        = string
  nullable    = false
  default     = "/cloudtrail/acme-trail"
}

variable "notification_emails" {
  description = "Who is mailed when an alarm rings. Each has to follow the link in the mail that asks for a confirmation."
  type        = set(string)
  nullable    = false
  default     = []
}

variable "log_retention_days" {
  description = "How many days the log group keeps events. The bucket keeps them all."
  type        = number
  nullable    = false
  default     = 365
}

variable "force_destroy" {
  description = "Whether terraform destroy may delete the trail's bucket with the log files in it."
  type        = bool
  nullable    = false
  default     = false
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  bucket_name = "acme-trail-${data.aws_caller_identity.current.account_id}"
  trail_name  = "acme-trail"
  trail_arn   = "arn:${data.aws_partition.current.partition}:cloudtrail:*:${data.aws_caller_identity.current.account_id}:trail/${local.trail_name}"
}

resource "aws_s3_bucket" "trail" {
  bucket        = local.bucket_name
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "trail" {
  bucket = aws_s3_bucket.trail.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "trail" {
  bucket = aws_s3_bucket.trail.id

  versioning_configuration {
    status = "Enabled"
  }
}

data "aws_iam_policy_document" "trail_bucket" {
  statement {
    sid       = "AllowTrailToCheckTheACL"
    actions   = ["s3:GetBucketAcl"]
    resources = [aws_s3_bucket.trail.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }

  statement {
    sid       = "AllowTrailToWrite"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.trail.arn}/AWSLogs/${data.aws_caller_identity.current.account_id}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
}

resource "aws_s3_bucket_policy" "trail" {
  bucket = aws_s3_bucket.trail.id
  policy = data.aws_iam_policy_document.trail_bucket.json

  # S3 refuses two changes of one bucket at once.
  depends_on = [aws_s3_bucket_public_access_block.trail]
}

resource "aws_cloudwatch_log_group" "trail" {
  name              = var.log_group_name
  retention_in_days = var.log_retention_days
}

data "aws_iam_policy_document" "trail_to_logs_assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "trail_to_logs" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.trail.arn}:*"]
  }
}

resource "aws_iam_role" "trail_to_logs" {
  name               = "acme-trail-to-logs"
  assume_role_policy = data.aws_iam_policy_document.trail_to_logs_assume.json
}

resource "aws_iam_role_policy" "trail_to_logs" {
  name   = "deliver"
  role   = aws_iam_role.trail_to_logs.id
  policy = data.aws_iam_policy_document.trail_to_logs.json
}

resource "aws_cloudtrail" "trail" {
  name                       = local.trail_name
  s3_bucket_name             = aws_s3_bucket.trail.id
  is_multi_region_trail      = true
  enable_log_file_validation = true
  cloud_watch_logs_group_arn = "${aws_cloudwatch_log_group.trail.arn}:*"
  cloud_watch_logs_role_arn  = aws_iam_role.trail_to_logs.arn

  # The trail cannot be made before it may write.
  depends_on = [
    aws_iam_role_policy.trail_to_logs,
    aws_s3_bucket_policy.trail,
  ]
}

locals {
  # An alarm each, which rings when a filter counts an event that matches the pattern.
  controls = {
    # The text that Elastic accepts (CIS 1.3.0-1.5.0).
    # It matches nearly every event, so its alarm rings once and never again: the filter and the
    # alarm beside it do the work.
    # Elastic looks for an alarm whose metric is called as the filter is.
    unauthorized-api-calls-elastic = {
      description = "For Elastic only, which demands a filter that matches nearly everything: acme-unauthorized-api-calls is the alarm that rings. Unauthorized API calls (CIS AWS Foundations 5.0.0, 4.1; Security Hub CloudWatch.2)"
      pattern     = "{ ($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\") || ($.sourceIPAddress!=\"delivery.logs.amazonaws.com\") || ($.eventName!=\"HeadBucket\") }"
      metric      = "acme-unauthorized-api-calls-elastic"
    }

    # Elastic looks for an alarm whose metric is called as the filter is.
    unauthorized-api-calls = {
      description = "Unauthorized API calls (CIS AWS Foundations 5.0.0, 4.1; Security Hub CloudWatch.2)"
      pattern     = "{ (($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\")) && ($.sourceIPAddress != \"delivery.logs.amazonaws.com\") && ($.eventName != \"HeadBucket\") }"
      metric      = "acme-unauthorized-api-calls"
    }

    # The text that Elastic accepts (CIS 1.2.0-4.0.1).
    # It misses events of the control: the filter beside it counts those in the same metric.
    # Misses ModifySecurityGroupRules, which edits an existing rule in place; added in CIS 5.0.0.
    # Elastic looks for an alarm whose metric is called as the filter is.
    security-group-changes = {
      description = "Security group changes (CIS AWS Foundations 5.0.0, 4.10; Security Hub CloudWatch.10)"
      pattern     = "{ ($.eventName = AuthorizeSecurityGroupIngress) || ($.eventName = AuthorizeSecurityGroupEgress) || ($.eventName = RevokeSecurityGroupIngress) || ($.eventName = RevokeSecurityGroupEgress) || ($.eventName = CreateSecurityGroup) || ($.eventName = DeleteSecurityGroup) }"
      metric      = "acme-security-group-changes"
    }
  }

  # What the texts above miss, counted in the same metrics.
  rest = {
    security-group-changes = {
      pattern = "{ ($.eventName = ModifySecurityGroupRules) }"
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "control" {
  for_each = local.controls

  name           = "acme-${each.key}"
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = each.value.pattern

  metric_transformation {
    name      = each.value.metric
    namespace = "Acme/Security"
    value     = "1"
  }
}

resource "aws_cloudwatch_log_metric_filter" "rest" {
  for_each = local.rest

  name           = "acme-${each.key}-rest"
  log_group_name = aws_cloudwatch_log_group.trail.name
  pattern        = each.value.pattern

  metric_transformation {
    name      = aws_cloudwatch_log_metric_filter.control[each.key].metric_transformation[0].name
    namespace = aws_cloudwatch_log_metric_filter.control[each.key].metric_transformation[0].namespace
    value     = aws_cloudwatch_log_metric_filter.control[each.key].metric_transformation[0].value
  }
}

resource "aws_cloudwatch_metric_alarm" "control" {
  for_each = local.controls

  alarm_name          = "acme-${each.key}"
  alarm_description   = each.value.description
  namespace           = aws_cloudwatch_log_metric_filter.control[each.key].metric_transformation[0].namespace
  metric_name         = aws_cloudwatch_log_metric_filter.control[each.key].metric_transformation[0].name
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.notices.arn]
}

resource "aws_sns_topic" "notices" {
  name = "acme-notices"
}

data "aws_iam_policy_document" "notices" {
  statement {
    sid       = "AllowAlarmsToPublish"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.notices.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "notices" {
  arn    = aws_sns_topic.notices.arn
  policy = data.aws_iam_policy_document.notices.json
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.notification_emails

  topic_arn = aws_sns_topic.notices.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_sns_topic_subscription" "https" {
  topic_arn = aws_sns_topic.notices.arn
  protocol  = "https"
  endpoint  = "https://example.com/hook?token=$${x}"
}

resource "aws_sns_topic_subscription" "sms" {
  topic_arn = aws_sns_topic.notices.arn
  protocol  = "sms"
  endpoint  = "+4930123456"
}

# The queue's own policy has to let the topic send.
resource "aws_sns_topic_subscription" "sqs" {
  topic_arn = aws_sns_topic.notices.arn
  protocol  = "sqs"
  endpoint  = "arn:aws:sqs:us-east-1:123456789012:alarms"
}

output "topic_arn" {
  description = "Topic that the alarms publish to."
  value       = aws_sns_topic.notices.arn
}
