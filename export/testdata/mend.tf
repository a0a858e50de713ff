# The mend of what an audit found in account 123456789012, eu-central-1, written by tocsin export
# terraform.
#
# Not mended, as it takes a decision: trail-kms-encryption: trail main: its log files are not
# encrypted with a KMS key: encrypt the trail's log files with a key whose policy lets CloudTrail
# use it
#
# Not judged, and so not mended: unauthorized-api-calls: the filters are not readable without
# logs:DescribeMetricFilters on x
#
# The import blocks take over what is in the account already: look at the plan before you apply
# it. Where another configuration has a resource, change it there as this one shows, and leave it
# out here.
#
# Audit again afterwards: behind the link that broke first there may be another one.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "notification_emails" {
  description = "Who is mailed when an alarm rings. Each has to follow the link in the mail that asks for a confirmation."
  type        = set(string)
  nullable    = false
  default     = ["a@example.com"]
}

resource "aws_sns_topic" "topic_alarms_gone" {
  name = "alarms-gone"
}

import {
  to = aws_sns_topic_policy.policy_alarms_2
  id = "arn:aws:sns:eu-central-1:123456789012:alarms-2"
}

resource "aws_sns_topic_policy" "policy_alarms_2" {
  arn = "arn:aws:sns:eu-central-1:123456789012:alarms-2"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect = "Allow"
        Principal = {
          Service = "cloudwatch.amazonaws.com"
        }
        Action   = "sns:Publish"
        Resource = "arn:aws:sns:eu-central-1:123456789012:alarms-2"
        Condition = {
          StringEquals = {
            "aws:SourceAccount" = "123456789012"
          }
        }
      },
      {
        Effect    = "Allow"
        Principal = "*"
        Action = [
          "sns:Publish",
        ]
        Resource = "*"
        Condition = {
          StringLike = {
            "aws:PrincipalTag/team" = [
              "$${aws:username}",
            ]
          }
        }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "email_alarms_2" {
  topic_arn = "arn:aws:sns:eu-central-1:123456789012:alarms-2"
  protocol  = "email"
  endpoint  = "a@example.com"
}

resource "aws_sns_topic_subscription" "email_alarms_gone" {
  topic_arn = aws_sns_topic.topic_alarms_gone.arn
  protocol  = "email"
  endpoint  = "a@example.com"
}

import {
  to = aws_cloudwatch_log_metric_filter.root_usage
  id = "/trail:it's \"$${x}\" %%{y} $(id) `id` \\"
}

resource "aws_cloudwatch_log_metric_filter" "root_usage" {
  name           = "it's \"$${x}\" %%{y} $(id) `id` \\"
  log_group_name = "/trail"
  pattern        = "{ $.userIdentity.type = \"Root\" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != \"AwsServiceEvent\" }"

  metric_transformation {
    name      = "root"
    namespace = "Own"
    value     = "1"
  }
}

resource "aws_cloudwatch_log_metric_filter" "cloudtrail_config_changes" {
  name           = "security-cloudtrail-config-changes"
  log_group_name = "/trail"
  pattern        = "{ ($.eventName = CreateTrail) || ($.eventName = UpdateTrail) || ($.eventName = DeleteTrail) || ($.eventName = StartLogging) || ($.eventName = StopLogging) }"

  metric_transformation {
    name      = "cloudtrail_cfg_changes_metric"
    namespace = "CISBenchmark"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "root_usage" {
  alarm_name          = "security-root-usage"
  alarm_description   = "Use of the root user (CIS AWS Foundations 7.0.0, 5.3; Security Hub CloudWatch.1)"
  namespace           = "Own"
  metric_name         = "root"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.notices.arn]
}

resource "aws_cloudwatch_metric_alarm" "cloudtrail_config_changes" {
  alarm_name          = "security-cloudtrail-config-changes"
  alarm_description   = "CloudTrail configuration changes (CIS AWS Foundations 7.0.0, 5.5; Security Hub CloudWatch.5)"
  namespace           = "CISBenchmark"
  metric_name         = "cloudtrail_cfg_changes_metric"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.notices.arn]
}

import {
  to = aws_cloudwatch_metric_alarm.vpc_changes
  id = "vpc"
}

resource "aws_cloudwatch_metric_alarm" "vpc_changes" {
  alarm_name          = "vpc"
  alarm_description   = "watches the VPCs"
  namespace           = "Own"
  metric_name         = "vpc"
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = ["arn:aws:sns:eu-central-1:123456789012:alarms", "arn:aws:sns:eu-central-1:123456789012:alarms-2"]
  ok_actions          = ["arn:aws:sns:eu-central-1:123456789012:alarms"]
}

import {
  to = aws_cloudwatch_metric_alarm.nacl_changes
  id = "nacl"
}

resource "aws_cloudwatch_metric_alarm" "nacl_changes" {
  alarm_name          = "nacl"
  namespace           = "Own"
  metric_name         = "nacl"
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = ["arn:aws:sns:eu-central-1:123456789012:alarms"]
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

# What Terraform can only change where it manages the resource. tocsin export cli does all of it.
#
# trail-log-validation: let the trail make digest files
#   # in the resource of trail "main":
#   enable_log_file_validation = true
