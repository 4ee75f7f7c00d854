"""What administrators do about people: standing, roles with their permissions and models, teams."""
