-- The notes for the charts. Those without an app are about all of them.
SELECT date, app_id, app, text
FROM annotations
ORDER BY date, app
