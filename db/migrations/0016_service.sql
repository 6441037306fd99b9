-- The installation is configured as the owner of service facts, no longer as a queue is.
update campaigns set
  config = '{"name":"service","time_zone":"UTC","currency":"XXX","dial_mode":"","compliance":"","conversion_window_days":0,"strict_leads":false,"stages":null,"dispositions":null,"service":{}}',
  counted_config = '{"name":"service","time_zone":"UTC","currency":"XXX","dial_mode":"","compliance":"","conversion_window_days":0,"strict_leads":false,"stages":null,"dispositions":null,"service":{}}'
where ref = 'service/all';
