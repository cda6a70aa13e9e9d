"""What somebody sees behind the own private link: how it stands, badge, own data, erasure, a lost link."""
