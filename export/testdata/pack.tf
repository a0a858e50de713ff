# The alarms of pack cis, written by tocsin export terraform.

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
  description = "Name of the log group that the trail delivers to."
  type        = string
  nullable    = false
  default     = "/cloudtrail/main"
}

variable "notification_emails" {
  description = "Who is mailed when an alarm rings. Each has to follow the link in the mail that asks for a confirmation."
  type        = set(string)
  nullable    = false
  default     = ["a@example.com", "b@example.com"]
}

locals {
  # An alarm each, which rings when a filter counts an event that matches the pattern.
  controls = {
    unauthorized-api-calls = {
      description = "Unauthorized API calls (CIS AWS Foundations 7.0.0, 5.1; Security Hub CloudWatch.2)"
      pattern     = "{ (($.errorCode = \"*UnauthorizedOperation\") || ($.errorCode = \"AccessDenied*\")) && ($.sourceIPAddress != \"delivery.logs.amazonaws.com\") && ($.eventName != \"HeadBucket\") }"
      metric      = "unauthorized_api_calls_metric"
    }

    root-usage = {
      description = "Use of the root user (CIS AWS Foundations 7.0.0, 5.3; Security Hub CloudWatch.1)"
      pattern     = "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }"
      metric      = "root_usage_metric"
    }
  }
}

resource "aws_cloudwatch_log_metric_filter" "control" {
  for_each = local.controls

  name           = "security-${each.key}"
  log_group_name = var.log_group_name
  pattern        = each.value.pattern

  metric_transformation {
    name      = each.value.metric
    namespace = "CISBenchmark"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "control" {
  for_each = local.controls

  alarm_name          = "security-${each.key}"
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
  name = "security-notices"
}

data "aws_caller_identity" "current" {}

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

output "topic_arn" {
  description = "Topic that the alarms publish to."
  value       = aws_sns_topic.notices.arn
}
