# What a small workshop has noted, entered by Redmine's own models: run by `rails runner`, not by the tests.
# Reads FOREIGN_TODAY (ISO), FOREIGN_USER and FOREIGN_PASSWORD.

Setting.login_required = 1
Setting.default_language = "en"
Setting.per_page_options = "25,100"
today = Date.parse(ENV["FOREIGN_TODAY"])
zone = ActiveSupport::TimeZone["Beijing"]

user = User.new(firstname: "Mei", lastname: "Lin", mail: ENV["FOREIGN_USER"], language: "en")
user.login = ENV["FOREIGN_USER"]
user.password = user.password_confirmation = ENV["FOREIGN_PASSWORD"]
user.must_change_passwd = false
user.save!
user.pref.update!(time_zone: "Beijing")

project = Project.new(name: "Workshop", identifier: "workshop", is_public: false)
project.enabled_module_names = %w[issue_tracking time_tracking]
project.trackers = Tracker.all
project.save!
Member.create_principal_memberships(user, project_ids: [project.id], role_ids: [Role.find_by(name: "Manager").id])
trackers, statuses = Tracker.all.to_a, IssueStatus.all.to_a
activity = TimeEntryActivity.first
User.current = user

# Times of a day: its first and last minute among them, and never as many on one day as on the next.
times = %w[00:00:20 09:10:00 13:45:10 16:20:30 20:05:00]
30.times do |back|
  day = today - back
  (times.first(2 + back % 4) + ["23:59:30"]).each_with_index do |time, number|
    issue = Issue.new(
      project: project, author: user, tracker: trackers[number % trackers.size], subject: "Pot #{back}-#{number}, \"blue\"",
      description: "Line one\nLine two", priority: IssuePriority.first, status: statuses.first
    )
    issue.save!
    moment = zone.parse("#{day} #{time}")
    issue.update_columns(created_on: moment, updated_on: moment)
    TimeEntry.new(
      project: project, author: user, user: user, issue: issue, hours: 0.5 + number, spent_on: day, activity: activity,
      comments: "hours #{back}-#{number}"
    ).save!
  end
end
